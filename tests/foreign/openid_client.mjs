// Discovers, logs in, renews, revokes, introspects and verifies tokens with openid-client and oauth4webapi, unmodified.

import { createRequire } from 'node:module'
import { isDeepStrictEqual } from 'node:util'
import { pathToFileURL } from 'node:url'

const packages = createRequire(`${process.env.AUTH_TESTS_NODE}/package.json`)
const load = (name) => import(pathToFileURL(packages.resolve(name)))
const [client, oauth] = [await load('openid-client'), await load('oauth4webapi')]

const [server, username, password, publicId, plainId, plainSecret, oddId, oddSecret] = process.argv.slice(2)
const AUDIENCE = 'urn:auth-runtime'
let checks = 0

const fail = (what) => {
    console.error(what instanceof Error ? what : `openid-client: ${what}`)
    process.exit(1)
}
process.on('uncaughtException', fail)

const show = (value) => (typeof value === 'string' ? value : JSON.stringify(value))

function check(holds, what) {
    checks += 1
    if (!holds) fail(show(what))
}

const same = (found, expected) => check(isDeepStrictEqual(found, expected), { found, expected })

// A refusal in the body, as the library reads it; beside a challenge, it leaves the body to be read.
async function refused(error, status, promise, what) {
    let refusal
    try {
        await promise
    } catch (raised) {
        refusal = raised
    }
    if (!refusal) fail(`${what} was accepted`)
    if (refusal instanceof client.WWWAuthenticateChallengeError) {
        check(refusal.cause[0].scheme === 'basic' && refusal.status === 401, `${what}: ${show(refusal.cause)}`)
        refusal = { ...(await refusal.response.json()), status: refusal.status }
    }
    const isIt = refusal.error === error && refusal.status === status
    check(isIt, `${what}: ${refusal.error ?? refusal}, and not ${error}`)
}

// The server under test listens on the loopback interface.
const insecure = { [oauth.allowInsecureRequests]: true }
const discover = (id, secret, authentication) =>
    client.discovery(new URL(server), id, secret, authentication, {
        algorithm: 'oauth2',
        execute: [client.allowInsecureRequests],
    })

const METHODS = { client_secret_basic: client.ClientSecretBasic, client_secret_post: client.ClientSecretPost }
const confidential = (method, id = plainId, secret = plainSecret) => discover(id, undefined, METHODS[method](secret))
const app = await discover(publicId, undefined, client.None())
const resourceServer = await confidential('client_secret_basic')
const introspect = async (token, hint) => ({
    ...(await client.tokenIntrospection(resourceServer, token, hint ? { token_type_hint: hint } : undefined)),
})

// RFC 8414.
const metadata = app.serverMetadata()
const issuer = new URL(server)
const as = await oauth
    .discoveryRequest(issuer, { algorithm: 'oauth2', ...insecure })
    .then((response) => oauth.processDiscoveryResponse(issuer, response))
check(metadata.issuer === server && as.issuer === server, metadata)
for (const name of ['token_endpoint', 'revocation_endpoint', 'introspection_endpoint', 'jwks_uri']) {
    check(metadata[name]?.startsWith(`${server}/`) && metadata[name] === as[name], metadata)
}
for (const method of Object.keys(METHODS)) {
    for (const endpoint of ['token', 'revocation', 'introspection']) {
        check(metadata[`${endpoint}_endpoint_auth_methods_supported`].includes(method), metadata)
    }
}
same(metadata.grant_types_supported, ['password', 'refresh_token', 'client_credentials'])

const get = async (path, token) =>
    (await client.fetchProtectedResource(app, token, new URL(`${server}${path}`), 'GET')).status
const unauthorized = (path, token) =>
    get(path, token).then(
        (status) => fail(`${path} was answered with ${status}`),
        (error) => {
            const challenge = error.cause?.[0]
            check(error.status === 401 && challenge.scheme === 'bearer', `${path}: ${error}`)
            check(challenge.parameters.error === 'invalid_token', `${path}: ${show(challenge)}`)
        },
    )
const logIn = (config, scope = 'me items', other = {}) =>
    client.genericGrantRequest(config, 'password', { username, password, scope, ...other })

// Logging in (RFC 6749 section 4.3), and what the token opens.
const token = await logIn(app)
check(token.token_type === 'bearer' && token.expiresIn() > 1700 && token.scope === 'me items', token)
check((await get('/users/me', token.access_token)) === 200, 'the profile')
check((await get('/items', token.access_token)) === 200, 'the items')
const narrow = await logIn(app, 'me')
check(narrow.scope === 'me' && (await get('/users/me', narrow.access_token)) === 200, narrow)
try {
    await get('/items', narrow.access_token)
    fail('the items, with the scope me')
} catch (error) {
    check(error.status === 403 && error.cause[0].parameters.error === 'insufficient_scope', `the items: ${error}`)
}
await refused('invalid_grant', 400, logIn(app, 'me', { password: 'wrong' }), 'a wrong password')
await refused('invalid_scope', 400, logIn(app, 'me admin'), 'a scope that there is not')
await refused('invalid_client', 401, logIn(await discover('nobody', undefined, client.None())), 'a stranger')
const own = client.genericGrantRequest(app, 'urn:example:own', { assertion: 'any' })
await refused('unsupported_grant_type', 400, own, 'a grant type')

// Renewing (RFC 6749 section 6). A refresh token that is used again ends its session (RFC 9700 section 4.14.2).
const first = await logIn(app)
const second = await client.refreshTokenGrant(app, first.refresh_token)
check(second.refresh_token && second.refresh_token !== first.refresh_token && second.scope === 'me items', second)
check((await get('/items', second.access_token)) === 200, 'the items, after a renewal')
const third = await client.refreshTokenGrant(app, second.refresh_token, { scope: 'me' })
check(third.scope === 'me', third)
const admin = client.refreshTokenGrant(app, third.refresh_token, { scope: 'me items admin' })
await refused('invalid_scope', 400, admin, 'a renewal for more')
const fourth = await client.refreshTokenGrant(app, third.refresh_token)
check(fourth.scope === 'me items' && (await introspect(fourth.access_token)).active === true, fourth)
await refused('invalid_grant', 400, client.refreshTokenGrant(app, first.refresh_token), 'a replayed refresh token')
const last = client.refreshTokenGrant(app, fourth.refresh_token)
await refused('invalid_grant', 400, last, 'the refresh token of a replayed session')
same(await introspect(fourth.access_token), { active: false })
await unauthorized('/users/me', fourth.access_token)
const stolen = client.refreshTokenGrant(resourceServer, token.refresh_token)
await refused('invalid_grant', 400, stolen, "another client's refresh token")

// Introspection (RFC 7662).
const found = await introspect(token.access_token, 'access_token')
const { exp, iat, jti, ...rest } = found
same(rest, {
    active: true,
    scope: 'me items',
    client_id: publicId,
    username,
    token_type: 'Bearer',
    sub: username,
    aud: AUDIENCE,
    iss: server,
})
check(exp - iat === 1800 && typeof jti === 'string', found)
const refresh = await introspect(token.refresh_token, 'refresh_token')
check(refresh.active === true && refresh.username === username && !('token_type' in refresh), refresh)
same(await introspect('unknown'), { active: false })
for (const method of Object.keys(METHODS)) {
    const wrong = await confidential(method, plainId, 'wrong'.repeat(10))
    const asked = client.tokenIntrospection(wrong, token.access_token)
    await refused('invalid_client', 401, asked, `an introspection with a wrong secret by ${method}`)
    const revoked = client.tokenRevocation(wrong, token.access_token)
    await refused('invalid_client', 401, revoked, `a revocation with a wrong secret by ${method}`)
    const login = client.clientCredentialsGrant(wrong)
    await refused('invalid_client', 401, login, `a wrong secret by ${method}`)
}
const byApp = client.tokenIntrospection(app, token.access_token)
await refused('unauthorized_client', 400, byApp, 'an introspection by a public client')

// Revocation (RFC 7009), a client's own tokens (RFC 6749 section 4.4), and characters that a form encodes (section
// 2.3.1).
for (const method of Object.keys(METHODS)) {
    for (const [id, secret] of [
        [plainId, plainSecret],
        [oddId, oddSecret],
    ]) {
        const config = await confidential(method, id, secret)
        const login = await logIn(config)
        await client.tokenRevocation(app, login.access_token)
        check((await introspect(login.access_token)).active === true, 'another client took a token away')
        await client.tokenRevocation(config, login.access_token, { token_type_hint: 'access_token' })
        same(await introspect(login.access_token), { active: false })
        await unauthorized('/users/me', login.access_token)
        const renewed = await client.refreshTokenGrant(config, login.refresh_token)
        check((await get('/users/me', renewed.access_token)) === 200, 'the profile, after a renewal')
        await client.tokenRevocation(config, renewed.refresh_token, { token_type_hint: 'refresh_token' })
        same(await introspect(renewed.refresh_token), { active: false })
        same(await introspect(renewed.access_token), { active: false })
        const gone = client.refreshTokenGrant(config, renewed.refresh_token)
        await refused('invalid_grant', 400, gone, 'a revoked refresh token')
        await client.tokenRevocation(config, 'unknown')

        const granted = await client.clientCredentialsGrant(config)
        same(granted.scope.split(' ').sort(), ['items', 'me'])
        check(!('refresh_token' in granted) && (await get('/items', granted.access_token)) === 200, granted)
        await unauthorized('/users/me', granted.access_token)
        const itself = { ...(await client.tokenIntrospection(config, granted.access_token)) }
        check(itself.sub === id && itself.client_id === id && !('username' in itself), itself)
        const items = await client.clientCredentialsGrant(config, { scope: 'items' })
        check(items.scope === 'items', items)
        const admin = client.clientCredentialsGrant(config, { scope: 'items admin' })
        await refused('invalid_scope', 400, admin, 'a scope that the client may not have')
    }
}
await refused('unauthorized_client', 400, client.clientCredentialsGrant(app), 'a public client')

// Access tokens as JWTs (RFC 9068), verified with the keys that are served.
const validate = (token, issuer = as, audience = AUDIENCE) => {
    const request = new Request(`${server}/users/me`, { headers: { authorization: `Bearer ${token}` } })
    return oauth.validateJwtAccessToken(issuer, request, audience, insecure)
}
const invalid = (promise, what) =>
    promise.then(
        () => fail(`${what} was accepted`),
        () => (checks += 1),
    )
const { keys } = await (await fetch(as.jwks_uri)).json()
const ofUser = await logIn(app)
const ofClient = await client.clientCredentialsGrant(resourceServer)
for (const [text, id, subject, others] of [
    [ofUser.access_token, publicId, username, ['scope', 'sid']],
    [ofClient.access_token, plainId, plainId, ['scope']],
]) {
    const claims = await validate(text)
    same(Object.keys(claims).sort(), ['aud', 'client_id', 'exp', 'iat', 'iss', 'jti', 'sub', ...others].sort())
    same([claims.iss, claims.aud, claims.client_id, claims.sub], [server, AUDIENCE, id, subject])
    same(claims.scope.split(' ').sort(), ['items', 'me'])
    const [header] = text.split('.')
    const { alg, typ, kid } = JSON.parse(Buffer.from(header, 'base64url'))
    check(typ === 'at+jwt' && keys.some((key) => key.kid === kid && key.alg === alg), { alg, typ, kid })
    await invalid(validate(text, as, 'urn:other'), 'another audience')
    await invalid(validate(text, { ...as, issuer: 'https://other.example' }), 'another issuer')
    const [head, payload, signature] = text.split('.')
    const changed = (signature[0] === 'A' ? 'B' : 'A') + signature.slice(1)
    await invalid(validate(`${head}.${payload}.${changed}`), 'a changed signature')
}

const versions = ['openid-client', 'oauth4webapi'].map((name) => `${name} ${packages(`${name}/package.json`).version}`)
console.log(`${versions.join(', ')}, ${keys[0].alg}: ${checks} checks`)
