// The checks of tests/jose/run: node checks.mjs PROGRAM FOLDER [ONLY]
import assert from "node:assert/strict";
import { createHmac, createSign, generateKeyPairSync } from "node:crypto";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import siwa from "apple-signin-auth";
import * as jose from "jose";
import { Apple, apple, client, clientKey, issuer, newKey, team } from "./apple.mjs";
import { Worker } from "./worker.mjs";

const [program, folder, only] = process.argv.slice(2);
const server = new Apple(folder);
await server.listen();
siwa._setFetch(server.fetch);
const worker = new Worker(program, folder, server.url);
const config = worker.config();

let failed = 0;
let passed = 0;
async function check(name, body) {
    if (only && !name.includes(only)) return;
    server.reset();
    try {
        await body();
        passed += 1;
    } catch (problem) {
        failed += 1;
        console.log(`FAILED  ${name}\n${problem.stack}`);
    }
}
const seconds = () => Math.floor(Date.now() / 1000);
const b64 = (text) => Buffer.from(text).toString("base64url");

// --- what we sign --------------------------------------------------------------------------------------------------

await check("jose verifies our client secret, which says what Apple documents and nothing else", async () => {
    const { code, out, err } = await worker.run(config, "client-secret", { more: ["--reveal"] });
    assert.equal(code, 0, err);
    const { payload, protectedHeader } = await server.secret(out.trim(), client);
    assert.deepEqual(protectedHeader, { alg: "ES256", kid: clientKey });
    assert.deepEqual(Object.keys(payload).sort(), ["aud", "exp", "iat", "iss", "sub"]);
    assert.equal(payload.exp - payload.iat, 3600);
    assert.equal(Buffer.from(out.trim().split(".")[2], "base64url").length, 64, "r || s, not DER");
});
await check("a client secret of six months is not a second too long", async () => {
    const { out } = await worker.run(worker.config({ secret_lifetime: "182d" }), "client-secret", { more: ["--reveal"] });
    await server.secret(out.trim(), client);
});
await check("no client secret is printed unless that is asked for", async () => {
    const { code, out } = await worker.run(config, "client-secret");
    assert.equal(code, 2);
    assert.equal(out, "");
    const file = `${folder}/secret.jwt`;
    assert.equal((await worker.run(config, "client-secret", { more: ["-o", file] })).code, 0);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    await server.secret(readFileSync(file, "utf8"), client);
});
await check("our secret and that of another client library differ in nothing but times and signature", async () => {
    const { out } = await worker.run(config, "client-secret", { more: ["--reveal"] });
    const theirs = siwa.getClientSecret({
        clientID: client, teamID: team, keyIdentifier: clientKey, privateKeyPath: `${folder}/client.p8`, expAfter: 3600,
    });
    const said = (jwt) => {
        const { iat, exp, ...rest } = jose.decodeJwt(jwt);
        return { ...rest, life: exp - iat };
    };
    assert.deepEqual(said(out.trim()), said(theirs));
    assert.equal(jose.decodeProtectedHeader(out.trim()).kid, jose.decodeProtectedHeader(theirs).kid);
});

// --- questions and answers -----------------------------------------------------------------------------------------

const tokens = {
    access_token: "a1.access-hush", token_type: "Bearer", expires_in: 3600,
    refresh_token: "r1.refresh-hush", id_token: "i1.id-hush",
};
await check("a code is exchanged; tokens are masked, shown or written to a file of the owner's", async () => {
    server.token = [200, tokens];
    const lost = await worker.run(config, "exchange", { input: "c1.code+&=hush\n" });
    assert.equal(lost.code, 2, lost.err);
    assert.equal(server.forms.length, 0);
    const masked = await worker.run(config, "exchange", {
        input: "c1.code+&=hush\n", more: ["--redirect-uri", "https://web.example.com/cb?x=1", "-o", `${folder}/masked.json`],
    });
    assert.equal(masked.code, 0, masked.err);
    assert.ok(!/hush/.test(masked.out + masked.err), masked.out);
    assert.deepEqual(server.forms[0], {
        client_id: client, grant_type: "authorization_code", code: "c1.code+&=hush",
        redirect_uri: "https://web.example.com/cb?x=1",
    });
    const shown = await worker.run(config, "exchange", { input: "c1", more: ["--format", "json", "--reveal"] });
    assert.equal(JSON.parse(shown.out).refresh_token, tokens.refresh_token);
    assert.ok(!("redirect_uri" in server.forms[1]));
    const file = `${folder}/tokens.json`;
    const written = await worker.run(config, "exchange", { input: "c1", more: ["-o", file] });
    assert.equal(written.out, "");
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.equal(JSON.parse(readFileSync(file, "utf8")).access_token, tokens.access_token);
});
await check("a code is not spent when its answer could not be kept", async () => {
    server.token = [200, tokens];
    const { code, err } = await worker.run(config, "exchange", { input: "c1", more: ["-o", `${folder}/no/such/file`] });
    assert.equal(code, 7);
    assert.match(err, /no\/such\/file/);
    assert.equal(server.forms.length, 0);
});
await check("a refresh asks with the refresh token and takes an answer without one", async () => {
    const { refresh_token, ...rest } = tokens;
    server.token = [200, { ...rest, token_type: "bearer", something_new: [1] }];
    const { code, out } = await worker.run(config, "refresh", { input: refresh_token, more: ["--format", "json", "--reveal"] });
    assert.equal(code, 0);
    assert.deepEqual(server.forms[0], { client_id: client, grant_type: "refresh_token", refresh_token });
    assert.ok(!("refresh_token" in JSON.parse(out)));
});
await check("a revocation tells the kind of token if it is known, and takes Apple's empty 200", async () => {
    for (const kind of ["", "refresh_token", "access_token"]) {
        const more = kind === "" ? [] : ["--kind", kind];
        assert.equal((await worker.run(config, "revoke", { input: "t1", more })).code, 0);
        assert.equal(server.forms.at(-1).token, "t1");
        assert.equal(server.forms.at(-1).token_type_hint, kind === "" ? undefined : kind);
    }
});
// A code is not exchanged without a place for its tokens.
const kept = (command) => command === "exchange" ? ["-o", `${folder}/unused.json`] : [];
const errors = ["invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type", "invalid_scope"];
for (const error of [...errors, "slow_down"]) {
    await check(`${error} is told with its causes, never with the token`, async () => {
        server.token = server.revoke = [400, { error, error_description: "Apple's \u001b[31mwords" }];
        for (const command of ["exchange", "refresh", "revoke"]) {
            const json = await worker.run(config, command, { input: "hush", more: ["--format", "json", ...kept(command)] });
            assert.equal(json.code, 13);
            const told = JSON.parse(json.out);
            assert.equal(told.status, 400);
            assert.equal(told.error, error);
            assert.equal(told.causes.length > 0, errors.includes(error));
            const text = await worker.run(config, command, { input: "hush", more: kept(command) });
            assert.equal(text.code, 13);
            assert.ok(!text.err.includes("\u001b"), "a terminal is not coloured by others");
            assert.ok(!(json.out + text.out + text.err).includes("hush"));
        }
    });
}
await check("answers that are none of Apple's say nothing about a token", async () => {
    const rows = [
        [503, "<html>"], [429, {}], [200, "<html>"], [200, {}], [302, ""], [400, "no"], [200, { ...tokens, token_type: "mac" }],
        [200, "x".repeat(100000)],
    ];
    for (const answer of rows) {
        server.token = answer;
        const ended = await worker.run(config, "refresh", { input: "hush" });
        assert.equal(ended.code, 7, JSON.stringify(answer).slice(0, 80) + ended.err);
        assert.ok(!(ended.out + ended.err).includes("hush"));
    }
});
await check("a revocation whose answer names an error is not told as done", async () => {
    server.revoke = [200, { error: "invalid_client" }];
    const { code, out } = await worker.run(config, "revoke", { input: "hush" });
    assert.equal(code, 7);
    assert.equal(out, "");
});
await check("silence ends at the deadline", async () => {
    server.silent = true;
    const begin = Date.now();
    const { code, err } = await worker.run(config, "revoke", { input: "t1" });
    assert.equal(code, 7);
    assert.match(err, /no answer/);
    assert.ok(Date.now() - begin < 60_000);
});
for (const [what, change] of [
    ["another key", { file: "other.p8" }], ["a key id that Apple does not know", { key: "NOSUCHKEY0" }],
    ["another team", { team_id: "TEAM000000" }], ["another client", { client_id: "com.example.TV" }],
]) {
    await check(`${what}: Apple says invalid_client, and the first causes to look at are told`, async () => {
        const { code, err } = await worker.run(worker.config(change), "revoke", { input: "t1" });
        assert.equal(code, 13);
        assert.match(err, /invalid_client[\s\S]*1\. the key/);
        assert.equal(server.refusals.length, 1);
    });
}
await check("a client that is not configured is a wrong command line, and the configured ones are named", async () => {
    for (const command of ["exchange", "refresh", "revoke"]) {
        const { code, err } = await worker.run(config, command, { input: "t1", more: ["--client", "com.other", ...kept(command)] });
        assert.equal(code, 2);
        assert.match(err, /com\.example\.tv/);
    }
    assert.equal(server.forms.length, 0);
});
await check("an independent client takes the same way", async () => {
    const clientSecret = siwa.getClientSecret({
        clientID: client, teamID: team, keyIdentifier: clientKey, privateKeyPath: `${folder}/client.p8`,
    });
    server.token = [200, tokens];
    await siwa.refreshAuthorizationToken("r1", { clientID: client, clientSecret });
    await siwa.revokeAuthorizationToken("r1", { clientID: client, clientSecret, tokenTypeHint: "refresh_token" });
    await worker.run(config, "refresh", { input: "r1" });
    await worker.run(config, "revoke", { input: "r1", more: ["--kind", "refresh_token"] });
    assert.deepEqual(server.forms.slice(2), server.forms.slice(0, 2));
});

// --- what Apple signs ----------------------------------------------------------------------------------------------

const old = await newKey("86D88Kf");
const present = await newKey("ABCDEFGHIJ");
const next = await newKey("eXaunmL");
const publish = (...keys) => (server.keys = keys.map((key) => key.jwk));

// `header`, `claims`: instead of, or beside, the right ones; undefined takes one away.
function right(claims = {}) {
    return { iss: apple, aud: client, iat: seconds(), exp: seconds() + 600, sub: "001.person", ...claims };
}
async function signed(claims, { header = {}, key = present } = {}) {
    const whole = { alg: "RS256", kid: key.kid, ...header };
    if (whole.kid === undefined) delete whole.kid;
    return new jose.SignJWT(JSON.parse(JSON.stringify(claims))).setProtectedHeader(whole).sign(key.private);
}
// Signed by hand, since a library would not.
function forged(claims, header, signature) {
    const text = `${b64(JSON.stringify(header))}.${b64(JSON.stringify(claims))}`;
    return `${text}.${signature(text)}`;
}
const pem = await jose.exportSPKI(present.public);
const hmac = (secret) => (text) => createHmac("sha256", secret).update(text).digest("base64url");
const event = (type, more = {}) => ({ type, sub: "001.person", event_time: Date.now(), ...more });
const note = (events, claims = {}) =>
    ({ ...right(claims), sub: undefined, jti: "n-1", exp: seconds() + 86400, events, ...claims });
const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });

// [because, JWT, the code of the problem ("": taken), arguments of verify, whether another library judges alike]
const rows = [
    ["an identity token", await signed(right()), ""],
    ["by a key whose id has seven characters", await signed(right(), { key: old }), ""],
    ["booleans as strings, an address, a status", await signed(right({
        email: "hush@privaterelay.appleid.com", email_verified: "true", is_private_email: "true", real_user_status: 2 })), ""],
    ["for several audiences, ours among them", await signed(right({ aud: ["com.other", client] })), ""],
    ["the nonce of the request", await signed(right({ nonce: "n-0", nonce_supported: true })), "", ["--nonce-file", "NONCE"]],
    ["another nonce", await signed(right({ nonce: "n-1", nonce_supported: true })), "wrong_nonce", ["--nonce-file", "NONCE"], false],
    ["no nonce though supported", await signed(right({ nonce_supported: "true" })), "wrong_nonce", ["--nonce-file", "NONCE"], false],
    ["no nonce where none is supported", await signed(right({ nonce_supported: false })), "", ["--nonce-file", "NONCE"]],
    ["somebody else's audience", await signed(right({ aud: "com.other" })), "wrong_audience"],
    ["another issuer", await signed(right({ iss: "https://appleid.example.com" })), "wrong_issuer"],
    ["expired", await signed(right({ exp: seconds() - 1 })), "expired"],
    ["no expiry", await signed(right({ exp: undefined })), "bad_claims", [], false],
    ["issued in the future", await signed(right({ iat: seconds() + 3600, exp: seconds() + 7200 })), "issued_in_future", [], false],
    ["no kid", await signed(right(), { header: { kid: undefined } }), "missing_key_id"],
    ["a kid that is not published", await signed(right(), { key: next }), "unknown_key_id"],
    ["the kid of another key", await signed(right(), { key: { ...next, kid: present.kid } }), "bad_signature"],
    ["alg none", forged(right(), { alg: "none", kid: present.kid }, () => ""), "malformed_jws"],
    ["alg none with a signature", forged(right(), { alg: "none", kid: present.kid }, () => b64("x")), "unsupported_algorithm"],
    ["HS256 with the public key as its secret", forged(right(), { alg: "HS256", kid: present.kid }, hmac(pem)), "unsupported_algorithm"],
    ["HS256 with the modulus as its secret",
        forged(right(), { alg: "HS256", kid: present.kid }, hmac(Buffer.from(present.jwk.n, "base64url"))), "unsupported_algorithm"],
    ["HS256 that says RS256", forged(right(), { alg: "RS256", kid: present.kid }, hmac(pem)), "bad_signature"],
    ["RS512", forged(right(), { alg: "RS512", kid: present.kid }, (text) =>
        createSign("RSA-SHA512").update(text).sign(present.private, "base64url")), "unsupported_algorithm"],
    ["SHA-512 that says RS256", forged(right(), { alg: "RS256", kid: present.kid }, (text) =>
        createSign("RSA-SHA512").update(text).sign(present.private, "base64url")), "bad_signature"],
    ["ES256 with a DER signature", forged(right(), { alg: "ES256", kid: present.kid }, (text) =>
        createSign("SHA256").update(text).sign(ec.privateKey, "base64url")), "unsupported_algorithm"],
    ["a DER signature that says RS256", forged(right(), { alg: "RS256", kid: present.kid }, (text) =>
        createSign("SHA256").update(text).sign(ec.privateKey, "base64url")), "bad_signature"],
    ["a key of its own in the header", await signed(right(), { key: { ...next, kid: present.kid }, header: { jwk: next.jwk } }), "bad_signature"],
    ["changed claims", (await signed(right())).replace(/\.[^.]+\./, `.${b64(JSON.stringify(right({ sub: "x" })))}.`), "bad_signature"],
    ["padding", (await signed(right())) + "==", "malformed_jws", [], false],
    ["a notification with events as a string", await signed(note(JSON.stringify(event("consent-revoked")))), ""],
    ["with events as an object", await signed(note(event("account-delete"))), "", [], false],
    ["a type that is not documented", await signed(note(JSON.stringify(event("new-thing")))), ""],
    ["an address", await signed(note(JSON.stringify(event("email-disabled", { email: "hush@x", is_private_email: "true" })))), ""],
    ["a notification without an expiry", await signed(note(JSON.stringify(event("email-enabled")), { exp: undefined })), ""],
    ["an expired notification", await signed(note(JSON.stringify(event("email-enabled")), { exp: seconds() - 1 })), "expired"],
    ["a notification for others", await signed(note(JSON.stringify(event("consent-revoked")), { aud: "com.other" })), "wrong_audience"],
    ["a notification without jti", await signed(note(JSON.stringify(event("consent-revoked")), { jti: undefined })), "bad_claims", [], false],
    ["a forged notification", await signed(note(JSON.stringify(event("account-deleted"))), { key: { ...next, kid: old.kid } }), "bad_signature"],
    ["a notification signed with HS256", forged(note(JSON.stringify(event("account-deleted"))), { alg: "HS256", kid: old.kid }, hmac(pem)),
        "unsupported_algorithm"],
];
writeFileSync(`${folder}/nonce`, "n-0\n");

for (const [because, jwt, code, more = [], alike = true] of rows) {
    await check(`verify: ${because} -> ${code === "" ? "taken" : code}`, async () => {
        publish(old, present);
        const input = jose.decodeJwt(jwt.replace(/=+$/, "")).events === undefined ? jwt : JSON.stringify({ payload: jwt });
        const ended = await worker.run(config, "verify", {
            input, more: ["--format", "json", ...more.map((word) => word.replace("NONCE", `${folder}/nonce`))],
        });
        assert.equal(ended.code, code === "" ? 0 : 14, ended.err + ended.out);
        const told = JSON.parse(ended.out);
        assert.equal(told.problem?.code ?? "", code);
        assert.equal(told.verified, code === "");
        assert.ok(!ended.out.includes("hush"), "an address is masked");
        if (alike) {
            await siwa._getApplePublicKeys();
            const theirs = await siwa.verifyIdToken(jwt, { audience: client }).then(() => true, () => false);
            assert.equal(theirs, code === "", "another library judges otherwise");
        }
    });
}
await check("a key that rotates away takes its tokens with it, and its successor's are taken at once", async () => {
    const before = await signed(right(), { key: old });
    const after = await signed(right(), { key: next });
    const verdict = async (jwt) => JSON.parse((await worker.run(config, "verify", { input: jwt, more: ["--format", "json"] })).out);
    publish(old, present);
    assert.equal((await verdict(before)).verified, true);
    assert.equal((await verdict(after)).problem.code, "unknown_key_id");
    publish(present, next);
    assert.equal((await verdict(before)).problem.code, "unknown_key_id");
    assert.equal((await verdict(after)).verified, true);
});
await check("the key set is shown, kept and used from the file; a bad one is refused", async () => {
    publish(old, present);
    const shown = await worker.run(config, "keys", { more: ["--format", "json"] });
    assert.deepEqual(JSON.parse(shown.out).keys.map((key) => key.kid), [old.kid, present.kid]);
    const file = `${folder}/keys.json`;
    assert.equal((await worker.run(config, "keys", { more: ["-o", file] })).code, 0);
    publish();
    assert.equal((await worker.run(config, "verify", { input: await signed(right()), more: ["--keys", file] })).code, 0);
    for (const bad of ["<html>", "{}", JSON.stringify({ keys: [{ ...old.jwk, n: "AQAB" }] }), JSON.stringify({ keys: [] })]) {
        server.keySet = bad;
        assert.equal((await worker.run(config, "keys")).code, 7, bad.slice(0, 40));
        assert.equal((await worker.run(config, "verify", { input: await signed(right()) })).code, 7);
    }
    // RFC 7517 section 5: a key that cannot be used is ignored, and the others serve.
    server.keySet = JSON.stringify({ keys: [{ ...old.jwk, n: "AQAB" }, { kty: "EC" }, present.jwk] });
    assert.equal((await worker.run(config, "verify", { input: await signed(right()) })).code, 0);
});

// --- doctor --------------------------------------------------------------------------------------------------------

const findings = async (path) => {
    const ended = await worker.run(path, "doctor", { group: [], more: ["--format", "json"] });
    return Object.fromEntries(JSON.parse(ended.out).findings.map((one) => [one.check, one]));
};
await check("doctor: jose takes our bearer, our client secret is accepted, the key set is there", async () => {
    publish(old, present);
    const found = await findings(config);
    assert.deepEqual(server.refusals, []);
    assert.equal(server.bearers.length, 1);
    assert.equal(found["apple credential tv (production)"].verdict, "pass");
    assert.equal(found[`apple client ${client}`].verdict, "pass");
    assert.equal(found["apple key set"].verdict, "pass");
    assert.match(server.forms[0].token, /^autosignin-doctor-/);
});
await check("doctor: a client that Apple refuses is told with its causes, a bad key set is told", async () => {
    server.keySet = "<html>";
    const found = await findings(worker.config({ team_id: "TEAM000000" }));
    assert.equal(found[`apple client ${client}`].verdict, "fail");
    assert.match(found[`apple client ${client}`].remedy, /1\. the key[\s\S]*2\. team_id/);
    assert.equal(found["apple key set"].verdict, "fail");
});

server.close();
console.log(`${passed} checks passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
