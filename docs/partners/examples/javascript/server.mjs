// A site that signs people in with NC Connect: Node and openid-client, no framework.
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import * as client from 'openid-client'

const { NC_ISSUER, NC_CLIENT_ID, NC_CLIENT_SECRET } = process.env
const HOME = process.env.SITE_URL ?? 'http://localhost:5003/'
const CALLBACK = new URL('retour', HOME).href
const local = NC_ISSUER.startsWith('http://') // the demonstration, on this machine only

const config = await client.discovery(
  new URL(NC_ISSUER), NC_CLIENT_ID, { id_token_signed_response_alg: 'RS256' },
  client.ClientSecretPost(NC_CLIENT_SECRET),
  local ? { execute: [client.allowInsecureRequests] } : undefined,
)
const sessions = new Map() // in memory: a real site has a store of its own

const routes = {
  'GET /': (visit) => page(visit.session.person
    ? `<p>Bonjour ${escape(visit.session.person.email)}.</p>
       <form method="post" action="/deconnexion"><button>Se déconnecter</button></form>`
    : '<a href="/connexion">S’identifier avec NC Connect</a>'),

  'GET /connexion': async ({ session }) => {
    session.pending = {
      pkceCodeVerifier: client.randomPKCECodeVerifier(),
      expectedState: client.randomState(),
      expectedNonce: client.randomNonce(),
    }
    return redirect(client.buildAuthorizationUrl(config, {
      redirect_uri: CALLBACK,
      scope: 'openid email',
      code_challenge: await client.calculatePKCECodeChallenge(session.pending.pkceCodeVerifier),
      code_challenge_method: 'S256',
      state: session.pending.expectedState,
      nonce: session.pending.expectedNonce,
    }))
  },

  // openid-client checks state, iss, the id_token's iss, aud, nonce and exp, and PKCE.
  'GET /retour': async (visit) => {
    const { pending } = visit.session
    delete visit.session.pending // one use
    if (!pending) return redirect(HOME)
    try {
      const tokens = await client.authorizationCodeGrant(config, visit.url, pending)
      const { sub } = tokens.claims()
      const person = await client.fetchUserInfo(config, tokens.access_token, sub)
      visit.renew()
      // (iss, sub) is the key of the account here. An address may change: it is no key.
      visit.session.person = { iss: NC_ISSUER, sub, email: person.email }
      visit.session.idToken = tokens.id_token
    } catch (error) {
      // error.error is the code that NC Connect sent: access_denied when the person went back.
      if (error.error === 'access_denied') return redirect(HOME)
      console.error(error.code, error.error, error.error_description, error.status)
      return redirect(new URL('/?probleme=connexion', HOME))
    }
    return redirect(HOME)
  },

  'POST /deconnexion': (visit) => {
    const { idToken } = visit.session
    visit.renew()
    return redirect(client.buildEndSessionUrl(config, {
      ...(idToken && { id_token_hint: idToken }), post_logout_redirect_uri: HOME,
    }))
  },
}

function visitOf(request) {
  let id = /(?:^|; )exemple_js=([\w-]{36})/.exec(request.headers.cookie ?? '')?.[1]
  if (!sessions.has(id)) sessions.set(id = randomUUID(), {})
  return {
    url: new URL(request.url, HOME),
    get id() { return id },
    get session() { return sessions.get(id) },
    renew() { sessions.delete(id); sessions.set(id = randomUUID(), {}) },
  }
}

const page = (html) => ({ status: 200, html })
const redirect = (address) => ({ status: 303, headers: { location: String(address) } })
const escape = (text) => text.replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt()};`)
const options = `; Path=/; HttpOnly; SameSite=Lax${local ? '' : '; Secure'}`

createServer(async (request, response) => {
  const visit = visitOf(request)
  const route = routes[`${request.method} ${visit.url.pathname}`]
  const answer = route ? await route(visit) : { status: 404 }
  response.writeHead(answer.status, {
    'content-type': 'text/html; charset=utf-8',
    'set-cookie': `exemple_js=${visit.id}${options}`,
    ...answer.headers,
  }).end(answer.html)
}).listen(Number(new URL(HOME).port) || 5003, '127.0.0.1')
