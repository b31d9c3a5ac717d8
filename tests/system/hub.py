"""hub - a small WebSub hub (W3C Recommendation, sections 5 to 7) on loopback, and what it was asked.

    with Hub() as hub:
        hub.await_verified(topic)
        hub.push(topic, body, "text/xml")
"""
import hashlib
import hmac
import http.client
import http.server
import ssl
import threading
import urllib.parse

import wait


def call(url, method="GET", body=None, headers=None, within_s=60):
    """(status, body) of one request."""
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=within_s)
    try:
        connection.request(method, urllib.parse.urlunsplit(("", "", *parts[2:])), body,
                           headers or {})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


class Hub:
    def __init__(self, lease_s=None, deny=None, answers=None, name="127.0.0.1",
                 certificate=None):
        """name: what its URL calls it. lease_s: given instead of what is asked for. deny: a reason. answers: a status and more
        headers for each of the first requests, which are taken for nothing then."""
        self.asked = []     # the form of every request
        self.verified = []  # (mode, topic, callback) of every question that was answered well
        self.refused = []   # the same, with the status
        self.secrets = {}
        self.answers = list(answers or [])
        hub = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                length = int(self.headers.get("Content-Length", 0))
                form = dict(urllib.parse.parse_qsl(self.rfile.read(length).decode()))
                hub.asked.append(form)
                status, headers = hub.answers.pop(0) if hub.answers else (202, {})
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()
                if status == 202:
                    threading.Thread(target=hub.verify, args=(form, lease_s, deny),
                                     daemon=True).start()

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True,
                                                     do_handshake_on_connect=False)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"{'https' if certificate else 'http'}://{name}:{self.server.server_port}/hub"

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.server.shutdown()
        self.server.server_close()

    def question(self, callback, **fields):
        """GETs the callback with hub.FIELD=...: (status, body)."""
        query = urllib.parse.urlencode({"hub." + k: v for k, v in fields.items()})
        return call(callback + "?" + query)

    def verify(self, form, lease_s, deny):
        mode, topic, callback = (form["hub." + k] for k in ("mode", "topic", "callback"))
        if deny:
            self.question(callback, mode="denied", topic=topic, reason=deny)
            return
        fields = {"mode": mode, "topic": topic, "challenge": f"challenge {len(self.asked)} &"}
        if mode == "subscribe":
            fields["lease_seconds"] = lease_s or form["hub.lease_seconds"]
            self.secrets[callback] = form.get("hub.secret", "")
        status, body = self.question(callback, **fields)
        if status == 200 and body.decode() == fields["challenge"]:
            self.verified.append((mode, topic, callback))
        else:
            self.refused.append((mode, topic, callback, status))

    def callback(self, topic, mode="subscribe"):
        """Of the last such request; None: there was none."""
        for found_mode, found_topic, callback in reversed(self.verified):
            if (found_mode, found_topic) == (mode, topic):
                return callback
        return None

    def await_verified(self, topic, mode="subscribe", within_s=30):
        return wait.until(lambda: self.callback(topic, mode),
                          lambda: f"{mode} of {topic}: asked {self.asked}, refused {self.refused}",
                          within_s)

    def push_until_taken(self, topic, body, kind="text/xml"):
        """As a hub does: again and again, until somebody says that it is taken."""
        def taken():
            try:
                return self.push(topic, body, kind) // 100 == 2
            except (OSError, http.client.HTTPException):
                return False

        wait.until(taken, "a push is taken", 60)

    def push(self, topic, body, kind="text/xml", method="sha256", secret=None, signature=None,
             headers=None):
        """The status that the callback answers with."""
        callback = self.callback(topic)
        key = (secret or self.secrets[callback]).encode()
        if signature is None:
            signature = f"{method}={hmac.new(key, body, getattr(hashlib, method)).hexdigest()}"
        lines = {"Content-Type": kind, "Link": f'<{self.url}>; rel="hub", <{topic}>; rel="self"',
                 **({"X-Hub-Signature": signature} if signature else {}), **(headers or {})}
        return call(callback, "POST", body, lines)[0]
