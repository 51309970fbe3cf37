"""A browser over real HTTP, for a portal in another process."""

import http.client
import re
import urllib.parse
from http.cookies import SimpleCookie

from werkzeug.test import encode_multipart

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class Visitor:
    """One person's browser: cookies, form tokens, no redirects followed."""

    def __init__(self, address, token):
        self._host = urllib.parse.urlsplit(address).netloc
        self._cookies = {"portal_session": token}
        self._form_token = ""

    def open(self, method, path, body=b"", kind=""):
        """Return (status, headers, body)."""
        connection = self.begin(method, path, body, kind)
        answer = connection.getresponse()
        data = answer.read()
        self._remember(answer)
        connection.close()
        return answer.status, dict(answer.getheaders()), data

    def begin(self, method, path, body=b"", kind=""):
        """Send a request and leave its answer on the wire."""
        connection = http.client.HTTPConnection(self._host, timeout=60)
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        if kind:
            headers["Content-Type"] = kind
        connection.request(method, path, body=body, headers=headers)
        return connection

    def _remember(self, answer):
        for line in answer.headers.get_all("Set-Cookie") or ():
            for name, morsel in SimpleCookie(line).items():
                self._cookies[name] = morsel.value

    def get(self, path):
        status, headers, data = self.open("GET", path)
        return status, headers, data.decode("utf-8", "replace")

    def token(self, page="/profile"):
        if not self._form_token:
            self._form_token = TOKEN.search(self.get(page)[2])[1]
        return self._form_token

    def encoded(self, **fields):
        return urllib.parse.urlencode({"csrf_token": self.token(), **fields}).encode()

    def post(self, path, **fields):
        return self.open("POST", path, self.encoded(**fields), "application/x-www-form-urlencoded")

    def upload(self, path, **fields):
        """Send a form with files, each a werkzeug FileStorage."""
        boundary, body = encode_multipart({"csrf_token": self.token(), **fields})
        return self.open("POST", path, body, f"multipart/form-data; boundary={boundary}")
