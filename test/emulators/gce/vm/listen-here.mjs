// Runs in a network namespace: opens the metadata address there and hands the socket to the emulator,
// which answers. A socket stays in the namespace that it was made in.
import { createServer } from 'node:net';

const server = createServer();
server.listen(80, '169.254.169.254', () => {
  process.send?.('listening', server, () => {
    server.close();
    process.disconnect();
  });
});
