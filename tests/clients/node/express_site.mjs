// A site on express-openid-connect, as its documentation has it.
import express from 'express'
import openid from 'express-openid-connect'

const { ISSUER, CLIENT_ID, CLIENT_SECRET, HOME } = process.env
const kept = new Map() // sessions, in memory: back-channel logout needs a store
const store = {
  get: (id, done) => done(null, kept.get(id)),
  set: (id, value, done) => { kept.set(id, value); done(null) },
  destroy: (id, done) => { kept.delete(id); done(null) },
}

const site = express()
site.use(openid.auth({
  issuerBaseURL: ISSUER,
  baseURL: HOME.replace(/\/$/, ''),
  clientID: CLIENT_ID,
  clientSecret: CLIENT_SECRET,
  secret: 'not-a-secret-of-the-site-0123456789',
  authRequired: false,
  idpLogout: true,
  backchannelLogout: true,
  session: { store },
  authorizationParams: { response_type: 'code', scope: 'openid profile email' },
}))

// Signed in here as long as its session lasts, whatever userinfo says of an ended token.
site.get('/', async (request, response) => {
  const person = request.oidc.isAuthenticated()
    ? await request.oidc.fetchUserInfo().catch(() => ({ email: 'unknown' })) : {}
  response.json({ email: person.email ?? null })
})

site.get('/renouveler', (request, response, next) => request.oidc.accessToken.refresh().then(
  () => response.redirect('/'), next))

site.use((fault, request, response, next) => {
  console.error(fault.message, fault.error, fault.error_description, fault.cause)
  response.status(fault.status ?? 500).json({ error: fault.error })
})

site.listen(Number(new URL(HOME).port), '127.0.0.1')
