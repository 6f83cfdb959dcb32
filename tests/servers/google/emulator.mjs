// Starts the foreign Google on a free loopback port, says where, and ends with its standard input.
import { createServer, serve } from "@emulators/core";
import { googlePlugin, seedFromConfig } from "@emulators/google";

const { users, client } = JSON.parse(process.argv[2]);
const tokens = Object.fromEntries(
  users.map(({ email, token }, at) => [token, { login: email, id: at + 1, scopes: [] }]),
);
const { app, store } = createServer(googlePlugin, { tokens });
seedFromConfig(store, "", { users: users.map(({ email }) => ({ email, name: email })), oauth_clients: [client] });
const server = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" });
server.on("listening", () => console.log(server.address().port));
process.stdin.resume().on("end", () => process.exit(0));
