"""A small identity provider made of pysaml2: PORT KEY CERTIFICATE SP_METADATA; metadata at /metadata, logins at /sso."""

import html
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from saml2 import BINDING_HTTP_POST, BINDING_HTTP_REDIRECT
from saml2.config import IdPConfig
from saml2.metadata import entity_descriptor
from saml2.saml import NAMEID_FORMAT_PERSISTENT, NameID
from saml2.server import Server

PORT, KEY, CERTIFICATE, SP_METADATA = sys.argv[1:5]
BASE = f"http://127.0.0.1:{PORT}"
PEOPLE = {"ada": ("secret", {"mail": ["ada@example.org"], "givenName": ["Ada"], "sn": ["Lovelace"]})}
CLASS = {"class_ref": "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport", "authn_auth": BASE}


def config(metadata):
    settings = {
        "entityid": f"{BASE}/metadata",
        "key_file": KEY,
        "cert_file": CERTIFICATE,
        "xmlsec_binary": "/usr/bin/xmlsec1",
        "metadata": metadata,
        "service": {"idp": {"endpoints": {"single_sign_on_service": [(f"{BASE}/sso", BINDING_HTTP_REDIRECT)]}}},
    }
    return IdPConfig().load(settings)


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        url = urlsplit(self.path)
        if url.path == "/metadata":
            return self.answer(str(entity_descriptor(config({}))), "application/samlmetadata+xml")
        fields = "".join(
            f'<input type="hidden" name="{name}" value="{html.escape(values[0])}">' for name, values in parse_qs(url.query).items()
        )
        self.answer(
            f'<form method="post" action="{BASE}/sso">{fields}<input name="username"><input type="password" name="password"></form>'
        )

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = {name: values[0] for name, values in parse_qs(body).items()}
        password, identity = PEOPLE.get(form.get("username"), (None, None))
        if password is None or password != form.get("password"):
            return self.answer("<p>Wrong name or password</p>")
        server = Server(config=config({"local": [SP_METADATA]}))
        request = server.parse_authn_request(form["SAMLRequest"], BINDING_HTTP_REDIRECT)
        place = server.response_args(request.message, [BINDING_HTTP_POST])
        response = server.create_authn_response(
            identity,
            in_response_to=place["in_response_to"],
            destination=place["destination"],
            sp_entity_id=place["sp_entity_id"],
            name_id=NameID(format=NAMEID_FORMAT_PERSISTENT, text=f"id-of-{form['username']}"),
            authn=CLASS,
            sign_response=form.get("signed") != "assertion",
            sign_assertion=True,
            sign_alg="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
            digest_alg="http://www.w3.org/2001/04/xmlenc#sha256",
        )
        made = server.apply_binding(
            BINDING_HTTP_POST, str(response), place["destination"], form.get("RelayState", ""), response=True
        )
        self.answer(made["data"] if isinstance(made["data"], str) else made["data"].decode())

    def answer(self, text, kind="text/html"):
        body = text.encode()
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


ThreadingHTTPServer(("127.0.0.1", int(PORT)), Handler).serve_forever()
