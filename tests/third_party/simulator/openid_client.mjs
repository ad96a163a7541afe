// npm's openid-client, a stock client of OAuth 2.0 and OpenID Connect; it is told where the endpoints are, and nothing
// else about Apple but that the client's secret is a JWT.
import assert from "node:assert/strict";
import { Issuer, generators } from "openid-client";
import library from "apple-signin-auth";
import { apple } from "./simulator.mjs";

export async function checks(simulator, check) {
    const registered = simulator.client;
    const redirect = registered.redirect_uri;
    const at = (path) => simulator.where.identity + path;
    const endpoints = {
        issuer: apple,
        authorization_endpoint: at("/auth/authorize"),
        token_endpoint: at("/auth/token"),
        revocation_endpoint: at("/auth/revoke"),
        jwks_uri: at("/auth/keys"),
    };
    const newSite = () => new (new Issuer(endpoints).Client)({
        client_id: registered.website,
        client_secret: library.getClientSecret({
            clientID: registered.website, teamID: registered.team_id, keyIdentifier: registered.key_id, privateKey: simulator.key,
        }),
        redirect_uris: [redirect],
        token_endpoint_auth_method: "client_secret_post",
        id_token_signed_response_alg: "RS256",
    });
    const site = newSite();
    // Signs in as whoever sits at the browser; the library checks state, nonce, signature, hashes and times.
    const login = async (parameters, client = site) => {
        const [state, nonce] = [generators.state(), generators.nonce()];
        const response_type = parameters.response_type ?? "code";
        const arrived = await simulator.browse(client.authorizationUrl({ ...parameters, response_type, state, nonce }));
        const expected = { state, nonce, response_type };
        return { arrived, tokens: await client.callback(redirect, arrived.fields, expected) };
    };

    await check("openid-client: login by query", async () => {
        await simulator.act("seat", { account: "anna" });
        const { arrived, tokens } = await login({ scope: "openid" });
        assert.equal(arrived.mode, "query");
        assert.equal(tokens.claims().aud, registered.website);
        assert.ok(tokens.expires_in > 3590);
    });
    await check("openid-client: login by fragment, with the code's hash in the identity token", async () => {
        const { arrived, tokens } = await login({
            scope: "openid", response_type: "code id_token", response_mode: "fragment",
        });
        assert.equal(arrived.mode, "fragment");
        assert.ok(tokens.claims().sub.length > 20);
    });
    await check("openid-client: login by form_post, with scopes", async () => {
        await simulator.act("withdraw", { account: "anna", group: registered.app });
        const { arrived, tokens } = await login({ scope: "openid name email", response_mode: "form_post" });
        assert.equal(JSON.parse(arrived.fields.user).name.lastName, "Appleseed");
        assert.equal(tokens.claims().email, "anna@example.com");
    });
    await check("openid-client: refresh, revoke, and a refresh afterwards", async () => {
        const { tokens } = await login({ scope: "openid" });
        const fresh = await site.refresh(tokens.refresh_token);
        assert.equal(fresh.refresh_token, undefined);
        assert.equal(fresh.claims().sub, tokens.claims().sub);
        await site.revoke(fresh.access_token, "access_token");
        await assert.rejects(site.refresh(tokens.refresh_token), { error: "invalid_grant" });
        const ended = (await simulator.state()).sign_in_with_apple.sessions.filter(({ state }) => state === "revoked");
        assert.ok(ended.length > 0);
        await assert.rejects(site.revoke(tokens.refresh_token, "access_token"), { error: "invalid_request" });
    });
    await check("openid-client: errors reach the redirect URI", async () => {
        await simulator.act("cancel", { account: "anna" });
        await assert.rejects(login({ scope: "openid" }), { error: "user_cancelled_authorize" });
        await simulator.act("seat", { account: "anna" });
        await assert.rejects(login({ scope: "openid phone" }), { error: "invalid_scope" });
        await assert.rejects(login({ scope: "openid email" }), { error: "invalid_request" });
    });
    await check("openid-client: a code that was used, and one for another redirect URI", async () => {
        const { arrived } = await login({ scope: "openid" });
        const again = { code: arrived.fields.code };
        await assert.rejects(site.callback(redirect, again), { error: "invalid_grant" });
        const { fields } = await simulator.browse(site.authorizationUrl({ scope: "openid", state: "s" }));
        await assert.rejects(
            site.callback("https://tv.example.com/other", { code: fields.code }), { error: "invalid_client" });
    });
    await check("openid-client: keys that are gone, and the new ones to a client that starts anew", async () => {
        await login({ scope: "openid" });
        const { arrived } = await login({ scope: "openid", response_type: "code id_token", response_mode: "fragment" });
        for (let i = 0; i < 3; ++i) await simulator.act("rotate-keys");
        const late = newSite();
        const expected = { response_type: "code id_token", state: arrived.fields.state, nonce: "" };
        await assert.rejects(late.callback(redirect, arrived.fields, expected), /no valid key found/);
        const { tokens } = await login({ scope: "openid" }, late);
        assert.equal(tokens.claims().iss, apple);
    });
}
