#!/usr/bin/env python3
"""A shop in one file: an order becomes a code of its own, and the shop knows when it is paid.

Needs Python 3.9 and nothing else, and an `offerd` that serves pages:

    offerd run --pages-listen 127.0.0.1:8081 …
    python3 shop.py --socket ~/.offerd/regtest/offerd-rpc --port 8080

What to take from it: `rpc` calls the daemon, `buy` makes an order, `thanks` believes the daemon and not the visitor.
"""

import argparse
import html
import http.server
import json
import secrets
import socket
import urllib.parse

GOODS = {"tea": "300sat", "coffee": "500sat"}
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>A shop</title></head>
<body><main><h1>A shop</h1>{}</main></body></html>"""


class RpcError(Exception):
    """The daemon refused; the text says why."""


def rpc(path, method, params):
    """One call: a JSON object out, a JSON object back, which ends with an empty line."""
    call = {"jsonrpc": "2.0", "id": secrets.token_hex(8), "method": method, "params": params}
    with socket.socket(socket.AF_UNIX) as daemon:
        daemon.settimeout(30)
        daemon.connect(path)
        daemon.sendall(json.dumps(call, ensure_ascii=False).encode())
        answer = b""
        while not answer.endswith(b"\n\n"):
            piece = daemon.recv(65536)
            if not piece:
                raise RpcError("the daemon hung up")
            answer += piece
    answer = json.loads(answer)
    if "error" in answer:
        raise RpcError(answer["error"]["message"])
    return answer["result"]


class Shop(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        order = urllib.parse.parse_qs(url.query).get("order", [""])[0]
        if url.path == "/":
            self.show(self.counter())
        elif url.path == "/thanks":
            self.show(self.thanks(order))
        else:
            self.show("<p>There is nothing here.</p>", 404)

    def do_POST(self):
        length = int(self.headers.get("content-length") or 0)
        form = urllib.parse.parse_qs(self.rfile.read(min(length, 4096)).decode("utf-8", "replace"))
        item = form.get("item", [""])[0]
        if self.path != "/buy" or item not in GOODS:
            return self.show("<p>We do not sell that.</p>", 404)
        try:
            page = self.buy(item)
        except (RpcError, OSError) as error:
            return self.show(f"<p>Not now: {html.escape(str(error))}</p>", 503)
        self.send_response(303)
        self.send_header("location", page)
        self.end_headers()

    def counter(self):
        button = '<form method="post" action="/buy"><button name="item" value="{0}">{0}, {1}</button></form>'
        return "".join(button.format(item, price) for item, price in GOODS.items())

    def buy(self, item):
        """Makes the order; gives the address of the page that the customer pays on."""
        order = secrets.token_hex(8)  # the number under which your own books have it
        made = rpc(self.server.daemon, "checkout", {
            "amount": GOODS[item],
            "description": item,
            "external_id": order,
            "label": order,  # a repeated call is the same order
            "return_url": f"{self.server.url}/thanks?order={order}",
        })
        return made["checkout_url"]

    def thanks(self, order):
        """Whoever comes here may say anything: the daemon knows what was paid."""
        paid = rpc(self.server.daemon, "listinvoices", {"external_id": order, "status": "paid"})
        if order and paid["invoices"]:
            return f"<p>Thank you. Your {html.escape(paid['invoices'][0]['description'])} is on its way.</p>"
        return "<p>This order is not paid.</p>"

    def show(self, text, status=200):
        body = PAGE.format(text).encode()
        self.send_response(status)
        self.send_header("content-type", "text/html; charset=utf-8")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def main():
    args = argparse.ArgumentParser(description="A shop in one file.")
    args.add_argument("--socket", required=True, help="the daemon's offerd-rpc")
    args.add_argument("--port", type=int, default=8080, help="0 for any free one")
    args = args.parse_args()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", args.port), Shop)
    server.daemon = args.socket
    server.url = f"http://127.0.0.1:{server.server_address[1]}"
    print(server.url, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
