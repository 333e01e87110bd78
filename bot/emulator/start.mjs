// Runs the emulator until standard input closes, so that it never outlives whoever started it.
// First line in: {"port": 0, "seed": {...}}. First line out: {"url": "http://..."}.
// Every later line "reset" puts the seed back and answers {"reset": true}.
import { createInterface } from "node:readline";
import { createEmulator } from "emulate";

let emulator;
const say = (value) => process.stdout.write(JSON.stringify(value) + "\n");
const lines = createInterface({ input: process.stdin });
lines.on("close", () => process.exit(0));
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(0));
// A webhook that nobody listens to must not end the emulator.
process.on("unhandledRejection", () => {});

for await (const line of lines) {
  if (emulator === undefined) {
    const { port, seed } = JSON.parse(line);
    emulator = await createEmulator({ service: "github", port, seed });
    say({ url: emulator.url });
  } else if (line === "reset") {
    emulator.reset();
    say({ reset: true });
  }
}
