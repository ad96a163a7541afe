// npm's apple-signin-auth, a client library for Sign in with Apple.
import assert from "node:assert/strict";
import library from "apple-signin-auth";

export async function checks(simulator, check) {
    library._setFetch(simulator.fetch);
    const { client } = simulator;
    const secretOf = (clientID, change = {}) => library.getClientSecret({
        clientID, teamID: client.team_id, keyIdentifier: client.key_id, privateKey: simulator.key, ...change,
    });
    const app = { clientID: client.app, clientSecret: secretOf(client.app) };
    const signedIn = async (account) => {
        const { code } = await simulator.act("sign-in", { account, client_id: client.app });
        return library.getAuthorizationToken(code, app);
    };

    await check("apple-signin-auth: login by browser, with the name the first time", async () => {
        await simulator.act("seat", { account: "ben" });
        const site = { clientID: client.website, clientSecret: secretOf(client.website), redirectUri: client.redirect_uri };
        const url = library.getAuthorizationUrl({ ...site, scope: "name email", state: "s" });
        const posted = await simulator.browse(url);
        assert.equal(posted.mode, "form_post");
        assert.equal(posted.fields.state, "s");
        assert.equal(JSON.parse(posted.fields.user).name.firstName, "Ben");
        const tokens = await library.getAuthorizationToken(posted.fields.code, site);
        const claims = await library.verifyIdToken(tokens.id_token, { audience: client.website });
        assert.match(claims.email, /@privaterelay\.appleid\.com$/);
        assert.equal((await simulator.browse(url)).fields.user, undefined);
        assert.equal((await library.getAuthorizationToken(posted.fields.code, site)).error, "invalid_grant");
    });
    await check("apple-signin-auth: login on a device, and its identity token with a nonce", async () => {
        const { code, id_token } = await simulator.act("sign-in", { account: "anna", client_id: client.app, nonce: "n-1" });
        const claims = await library.verifyIdToken(id_token, { audience: client.app, nonce: "n-1" });
        await assert.rejects(library.verifyIdToken(id_token, { audience: client.website }));
        await assert.rejects(library.verifyIdToken(id_token, { audience: client.app, nonce: "n-2" }));
        const tokens = await library.getAuthorizationToken(code, app);
        assert.equal((await library.verifyIdToken(tokens.id_token, { audience: client.app })).sub, claims.sub);
    });
    await check("apple-signin-auth: refresh, revoke, and a refresh afterwards", async () => {
        const { refresh_token } = await signedIn("anna");
        const fresh = await library.refreshAuthorizationToken(refresh_token, app);
        assert.equal(fresh.refresh_token, undefined);
        assert.equal(fresh.expires_in, 3600);
        await library.verifyIdToken(fresh.id_token, { audience: client.app });
        const revoked = { ...app, tokenTypeHint: "refresh_token" };
        assert.equal(await library.revokeAuthorizationToken(refresh_token, revoked), "");
        assert.equal((await library.refreshAuthorizationToken(refresh_token, app)).error, "invalid_grant");
        assert.equal(await library.revokeAuthorizationToken(refresh_token, revoked), "", "revoked twice");
        assert.equal(await library.revokeAuthorizationToken("junk", revoked), "", "never known");
    });
    await check("apple-signin-auth: client secrets that Apple refuses", async () => {
        const { refresh_token } = await signedIn("anna");
        const refused = async (change, clientID = client.app) => {
            const clientSecret = secretOf(clientID, change);
            return (await library.refreshAuthorizationToken(refresh_token, { clientID: client.app, clientSecret })).error;
        };
        assert.equal(await refused({ expAfter: 15_777_000 + 60 }), "invalid_client");
        assert.equal(await refused({ expAfter: -1 }), "invalid_client");
        assert.equal(await refused({ keyIdentifier: "OTHERKEY01" }), "invalid_client");
        assert.equal(await refused({ teamID: "OTHERTEAM1" }), "invalid_client");
        assert.equal(await refused({}, client.website), "invalid_client");
        assert.equal(await refused({ expAfter: 15_777_000 - 60 }), undefined);
    });
    await check("apple-signin-auth: a new password ends the session and says nothing else", async () => {
        const { refresh_token } = await signedIn("anna");
        await simulator.act("change-password", { account: "anna" });
        assert.equal((await library.refreshAuthorizationToken(refresh_token, app)).error, "invalid_grant");
        assert.deepEqual(await simulator.notifications(), []);
    });
    await check("apple-signin-auth: notifications verify, and those of a retired key no longer", async () => {
        await signedIn("anna");
        await simulator.act("withdraw", { account: "anna", group: client.app });
        const [told] = await simulator.notifications();
        const { payload } = JSON.parse(told.body);
        const claims = await library.verifyWebhookToken(payload, { audience: client.app });
        assert.equal(claims.events.type, "consent-revoked");
        const { kid } = JSON.parse(Buffer.from(payload.split(".")[0], "base64url"));
        while ((await simulator.act("rotate-keys")).includes(kid));
        await library._getApplePublicKeys();
        await assert.rejects(library.verifyWebhookToken(payload, { audience: client.app }), /public key id/);
        const { id_token } = await simulator.act("sign-in", { account: "anna", client_id: client.app });
        await library.verifyIdToken(id_token, { audience: client.app });
    });
}
