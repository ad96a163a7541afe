// Apple's identity service and the deletion of sign-in tokens, played with `jose` on a TLS port of this machine. What
// it answers to a form that is right is told by the checks; what it takes for right is decided here.
import { createPublicKey } from "node:crypto";
import { readFileSync } from "node:fs";
import https from "node:https";
import * as jose from "jose";

export const team = "TEAM123456";
export const client = "com.example.tv";
export const clientKey = "CLIENTKEY1";
export const issuer = "57246542-96fe-1a63-e053-0824d011072a";
export const appKey = "APPKEY0001";
export const apple = "https://appleid.apple.com";

export class Apple {
    constructor(folder) {
        this.clientPublic = createPublicKey(readFileSync(`${folder}/client.pub`));
        this.appPublic = createPublicKey(readFileSync(`${folder}/app.pub`));
        this.certificate = readFileSync(`${folder}/server.pem`);
        this.server = https.createServer(
            { key: readFileSync(`${folder}/server.key`), cert: this.certificate },
            (request, response) => this.answer(request, response),
        );
        this.reset();
    }

    reset() {
        this.keys = []; // as JWK, in the order of publication
        this.token = [200, {}]; // what /auth/token answers to a right form
        this.revoke = [200, ""];
        this.keySet = null; // instead of the keys: a text
        this.silent = false;
        this.forms = []; // that were right, without the secret
        this.secrets = []; // their secrets
        this.bearers = [];
        this.refusals = []; // why a secret or a bearer was not taken
    }

    async listen() {
        await new Promise((done) => this.server.listen(0, "127.0.0.1", done));
        this.url = `https://localhost:${this.server.address().port}`;
    }
    close() {
        this.server.closeAllConnections();
        this.server.close();
    }

    async answer(request, response) {
        let body = "";
        for await (const part of request) body += part;
        if (this.silent) return;
        const send = (status, content, type = "application/json;charset=UTF-8") => {
            response.writeHead(status, { "content-type": type, "cache-control": "no-store" });
            response.end(typeof content === "string" ? content : JSON.stringify(content));
        };
        const where = `${request.method} ${request.url}`;
        try {
            if (where === "GET /auth/keys") {
                if (request.headers.authorization !== undefined) throw new Error("keys are for everybody");
                return send(200, this.keySet ?? { keys: this.keys });
            }
            if (where === "POST /account/v1/autoSignIn/delete") {
                this.bearers.push(await this.bearer(request.headers.authorization ?? ""));
                return send(404, "");
            }
            if (where !== "POST /auth/token" && where !== "POST /auth/revoke") return send(404, "", "text/plain");
            await this.form(request, body);
        } catch (problem) {
            this.refusals.push(problem.message);
            return where.includes("autoSignIn") ? send(401, "Unauthenticated", "text/plain")
                                                : send(400, { error: "invalid_client" });
        }
        const [status, content] = request.url === "/auth/token" ? this.token : this.revoke;
        return send(status, content);
    }

    // Everything that the documents say about a form and its client secret.
    async form(request, body) {
        if (request.headers["content-type"] !== "application/x-www-form-urlencoded") throw new Error("no form");
        const fields = new URLSearchParams(body);
        for (const name of fields.keys()) {
            if (fields.getAll(name).length !== 1) throw new Error(`${name} twice`);
        }
        const secret = fields.get("client_secret");
        await this.secret(secret, fields.get("client_id"));
        fields.delete("client_secret");
        this.secrets.push(secret);
        this.forms.push(Object.fromEntries(fields));
    }
    async secret(secret, clientId) {
        const { payload, protectedHeader } = await jose.jwtVerify(secret, this.clientPublic, {
            algorithms: ["ES256"], issuer: team, audience: apple, subject: clientId,
            requiredClaims: ["iss", "iat", "exp", "aud", "sub"],
        });
        if (protectedHeader.kid !== clientKey) throw new Error("another key");
        if (clientId !== client) throw new Error("another client");
        if (payload.exp > Date.now() / 1000 + 15777000) throw new Error("a secret of more than six months");
        if (payload.iat > Date.now() / 1000) throw new Error("a secret of the future");
        return { payload, protectedHeader };
    }
    async bearer(header) {
        const { payload, protectedHeader } = await jose.jwtVerify(header.replace(/^Bearer /, ""), this.appPublic, {
            algorithms: ["ES256"], issuer, audience: "appstoreconnect-v1", typ: "JWT", maxTokenAge: 3600,
            requiredClaims: ["iss", "iat", "exp", "aud", "bid"],
        });
        if (protectedHeader.kid !== appKey || payload.bid !== "com.example.tv") throw new Error("another app");
        if (payload.exp - payload.iat > 3600) throw new Error("a bearer of more than an hour");
        return payload;
    }

    // A client of Apple's address, answered here.
    fetch = (address, options = {}) =>
        new Promise((done, failed) => {
            const url = new URL(address);
            const form = options.body === undefined ? undefined : options.body.toString();
            const headers = { ...options.headers };
            if (form !== undefined) headers["content-type"] = "application/x-www-form-urlencoded";
            const request = https.request(
                this.url + url.pathname, { method: options.method, ca: this.certificate, headers },
                async (response) => {
                    let text = "";
                    for await (const part of response) text += part;
                    done({ status: response.statusCode, text: async () => text });
                });
            request.on("error", failed);
            request.end(form);
        });
}

// A key of Apple's: signs, and is published.
export async function newKey(kid) {
    const pair = await jose.generateKeyPair("RS256", { extractable: true });
    const jwk = { ...(await jose.exportJWK(pair.publicKey)), kid, use: "sig", alg: "RS256" };
    return { kid, private: pair.privateKey, public: pair.publicKey, jwk };
}
