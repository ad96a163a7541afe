// Runs the proofs one after the other and prints a line a check; exits with 1 when one failed.
import { Simulator } from "./simulator.mjs";
import { checks as appleSigninAuth } from "./apple_signin_auth.mjs";
import { checks as openidClient } from "./openid_client.mjs";
import { checks as images } from "./images.mjs";

const simulator = new Simulator(process.argv[2]);
let failed = 0;
const check = async (name, proof) => {
    try {
        await proof();
        console.log(`ok      ${name}`);
    } catch (error) {
        failed = 1;
        console.log(`FAILED  ${name}\n${error.stack}`);
    }
};
for (const proof of [appleSigninAuth, openidClient, images]) {
    await proof(simulator, check);
}
process.exit(failed);
