// An OpenID provider that issues access tokens as JWTs to one client: openid_provider.mjs PORT ALGORITHM. Its keys are new
// each time, and its packages are in AUTH_TESTS_NODE.
import { generateKeyPairSync } from "node:crypto";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [port, alg] = process.argv.slice(2);
const packages = createRequire(`${process.env.AUTH_TESTS_NODE}/`);
const { default: Provider } = await import(pathToFileURL(packages.resolve("oidc-provider")));

const keys = [
    generateKeyPairSync("rsa", { modulusLength: 2048 }),
    generateKeyPairSync("ec", { namedCurve: "P-256" }),
].map(({ privateKey }) => ({ ...privateKey.export({ format: "jwk" }), use: "sig" }));

const server = createServer();
server.listen(Number(port), "127.0.0.1", () => {
    const issuer = `http://127.0.0.1:${server.address().port}`;
    const provider = new Provider(issuer, {
        jwks: { keys },
        clients: [
            {
                client_id: "robot",
                client_secret: "a secret of thirty-two characters",
                grant_types: ["client_credentials"],
                redirect_uris: [],
                response_types: [],
            },
        ],
        features: {
            devInteractions: { enabled: false },
            clientCredentials: { enabled: true },
            resourceIndicators: {
                enabled: true,
                getResourceServerInfo: (_, resource) => ({
                    scope: "me items",
                    audience: resource,
                    accessTokenFormat: "jwt",
                    jwt: { sign: { alg } },
                }),
            },
        },
    });
    server.on("request", provider.callback());
    console.log(`the issuer is ${issuer}`);
});
