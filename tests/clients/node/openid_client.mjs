// A relying party on openid-client, a certified library, as its documentation has it.
// It talks to its driver in lines of JSON: what it sends the browser to, what the browser brings.
import { webcrypto } from 'node:crypto'
import { createInterface } from 'node:readline/promises'
import * as client from 'openid-client'

globalThis.crypto ??= webcrypto // Debian 12's node is 18, which keeps it to itself

const { ISSUER, CLIENT_ID, CLIENT_SECRET, CALLBACK, HOME, ALG } = process.env
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const say = (value) => console.log(JSON.stringify(value))
const hear = async () => JSON.parse((await lines.next()).value)

const config = await client.discovery(
  new URL(ISSUER),
  CLIENT_ID,
  { id_token_signed_response_alg: ALG },
  client.ClientSecretBasic(CLIENT_SECRET),
)
client.enableNonRepudiationChecks(config) // the signature too, not TLS alone

const pkceCodeVerifier = client.randomPKCECodeVerifier()
const checks = {
  pkceCodeVerifier,
  expectedState: client.randomState(),
  expectedNonce: client.randomNonce(),
  idTokenExpected: true,
}
say({
  authorize: client.buildAuthorizationUrl(config, {
    redirect_uri: CALLBACK,
    scope: 'openid profile email',
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    state: checks.expectedState,
    nonce: checks.expectedNonce,
    max_age: '3600',
  }),
})

const first = await client.authorizationCodeGrant(config, new URL(await hear()), {
  ...checks,
  maxAge: 3600,
}).catch((fault) => {
  say({ fault: fault.error ?? fault.code, status: fault.status })
  process.exit()
})
const { sub } = first.claims()
const person = await client.fetchUserInfo(config, first.access_token, sub)
const second = await client.refreshTokenGrant(config, first.refresh_token)
const again = await client.fetchUserInfo(config, second.access_token, sub)
const active = await client.tokenIntrospection(config, second.access_token)
say({ claims: first.claims(), person, renewed: second.claims(), again, active })

await hear()
await client.tokenRevocation(config, second.refresh_token)
const after = await client.tokenIntrospection(config, second.access_token)
say({
  after,
  logout: client.buildEndSessionUrl(config, {
    id_token_hint: second.id_token,
    post_logout_redirect_uri: HOME,
    state: 'au-revoir',
  }),
})
