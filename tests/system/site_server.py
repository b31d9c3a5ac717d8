"""site_server - a site of a few pages, which a test may change, and what was asked of it."""
import http.server
import ssl
import threading


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 512

    def handle_error(self, request, client_address):
        pass  # a client that goes is none


class Site:
    """{path: (type, body, status, headers)} on an address of its own; a page that is a function is
    called with the request's headers and returns that."""

    def __init__(self, pages, address="127.0.0.1", certificate=None, port=0):
        self.asked = []     # paths
        self.requests = []  # (path, headers)
        site = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                site.asked.append(self.path)
                site.requests.append((self.path, self.headers))
                page = pages.get(self.path, ("text/plain", b"no", 404))
                if callable(page):
                    page = page(self.headers)
                kind, body, status, headers = (*page, {})[:4]
                self.send_response(status)
                for name, value in {"Content-Type": kind, "Content-Length": str(len(body)),
                                    **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments):
                pass

        self.server = Server((address, port), Handler)
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            # The handshake is the connection's own thread's.
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True,
                                                     do_handshake_on_connect=False)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        self.port = self.server.server_port
        self.url = f"{'https' if certificate else 'http'}://{address}:{self.port}"

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.server.shutdown()
        self.server.server_close()
