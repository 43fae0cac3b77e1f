#!/usr/bin/env python3
"""A receiver of offerd's events in one file, with nothing but Python's own library.

    offerd run … --webhook http://127.0.0.1:8090/events
    receiver.py ~/.offerd/regtest/webhook-secret seen.db 8090

It takes an event only if it is signed, was sent just now, and was not seen before; then it prints it. An event may come
twice, as when our answer was lost on its way: the table of ids that were seen makes that harmless. Answer 2xx when the
event is safe with you, 400 or 422 for one that you will never take, anything else when you cannot take any.
"""

import base64
import hashlib
import hmac
import json
import sqlite3
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

OLDEST = 300  # seconds; an event that was sent longer ago is a replay
LARGEST = 1 << 20  # bytes


def is_ours(secret, headers, body):
    """Whether whoever knows the secret has sent that, just now."""
    event, sent = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not sent.isdigit() or abs(time.time() - int(sent)) > OLDEST:
        return False
    signed = f"{event}.{sent}.".encode() + body
    wanted = "v1," + base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()
    given = headers.get("webhook-signature", "").split(" ")
    return any(hmac.compare_digest(wanted, one) for one in given)


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        length = int(self.headers.get("content-length") or 0)
        body = self.rfile.read(min(length, LARGEST))
        if length > LARGEST or not is_ours(self.server.secret, self.headers, body):
            return self.answer(403)
        with self.server.seen:
            new = self.server.seen.execute("INSERT OR IGNORE INTO seen VALUES (?)", [self.headers["webhook-id"]])
            if new.rowcount:
                self.server.take(json.loads(body))
        return self.answer(204)

    def answer(self, status):
        self.send_response(status)
        self.end_headers()

    def log_message(self, *_):
        pass


def take(event):
    """What your shop does with it: here, a line on the terminal."""
    print(event["id"], event["kind"], event["subject"], flush=True)


def main():
    secret_file, database, port = sys.argv[1:]
    server = HTTPServer(("127.0.0.1", int(port)), Receiver)
    with open(secret_file, encoding="ascii") as file:
        server.secret = base64.b64decode(file.read().strip().removeprefix("whsec_"))
    server.seen = sqlite3.connect(database)
    server.seen.execute("CREATE TABLE IF NOT EXISTS seen (id TEXT PRIMARY KEY)")
    server.take = take
    print(f"taking events on port {server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
