// The server's side of a WebSocket, as far as the pages need it: short text frames.
import { createHash } from 'node:crypto';

const kGuid = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

export function accept(request, socket, on_text, on_close) {
  const key = createHash('sha1').update(request.headers['sec-websocket-key'] + kGuid).digest('base64');
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${key}\r\n\r\n`);
  let buffer = Buffer.alloc(0);
  const client = {
    send(message) {
      const text = Buffer.from(JSON.stringify(message));
      const head = text.length < 126 ? Buffer.from([0x81, text.length])
        : Buffer.from([0x81, 126, text.length >> 8, text.length & 255]);
      if (!socket.destroyed) socket.write(Buffer.concat([head, text]));
    },
    close() { socket.destroy(); },
  };
  socket.on('data', (data) => {
    buffer = Buffer.concat([buffer, data]);
    for (;;) {
      if (buffer.length < 6) return;
      const opcode = buffer[0] & 15;
      let length = buffer[1] & 127;
      let at = 2;
      if (length === 126) {
        if (buffer.length < 8) return;
        length = buffer.readUInt16BE(2);
        at = 4;
      }
      if (buffer.length < at + 4 + length) return;
      const mask = buffer.subarray(at, at + 4);
      const text = Buffer.from(buffer.subarray(at + 4, at + 4 + length).map((byte, i) => byte ^ mask[i % 4]));
      buffer = buffer.subarray(at + 4 + length);
      if (opcode === 8) return void socket.end();
      if (opcode === 1) on_text(client, text.toString());
    }
  });
  socket.on('close', () => on_close(client));
  socket.on('error', () => socket.destroy());
  return client;
}
