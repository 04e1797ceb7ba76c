// A site on Auth.js, as its documentation has it.
import { ExpressAuth, getSession } from '@auth/express'
import express from 'express'

const { ISSUER, CLIENT_ID, CLIENT_SECRET, HOME } = process.env
const config = {
  secret: 'not-a-secret-of-the-site-0123456789',
  trustHost: true,
  providers: [{
    id: 'ncconnect',
    name: 'NC Connect',
    type: 'oidc',
    issuer: ISSUER,
    clientId: CLIENT_ID,
    clientSecret: CLIENT_SECRET,
    idToken: false,
  }],
}

const site = express()
site.use('/auth/*', ExpressAuth(config))
site.get('/', (request, response, next) => getSession(request, config).then(
  (session) => response.json({ email: session?.user?.email ?? null }), next))
site.listen(Number(new URL(HOME).port), '127.0.0.1')
