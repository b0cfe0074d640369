"""PyPI Authlib as an application of the organization, and as an API that takes its access tokens (RFC 9068).

Everything it learns it answers as JSON; what it refuses is a 400. Prints one line of JSON when it is ready:
{"url": …, "jwks": …}. POST /test/configure says who it is and at whom.
"""

import json
import time

import requests
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from authlib.oauth2.rfc9068 import JWTBearerTokenValidator
from authlib.oidc.core import CodeIDToken
from authlib.oidc.discovery import get_well_known_url
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from serve import GoTo, serve

KEY = ECKey.generate_key("P-256", parameters={"kid": "app", "use": "sig", "alg": "ES256"})
SCOPE = "openid profile email offline_access"

state = {}
flows = {}


class Assertion(PrivateKeyJWT):
    """Authlib's assertions live for an hour, unless they say otherwise; ten minutes are the most that is taken."""

    def sign(self, auth, token_endpoint):
        self.claims = {"exp": int(time.time()) + 300}
        return super().sign(auth, token_endpoint)


def configure(_url, _query, body):
    who = json.loads(body)
    metadata = requests.get(get_well_known_url(who["issuer"], external=True), timeout=10).json()
    checked = AuthorizationServerMetadata(metadata)
    for claim in ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri"):
        if not metadata[claim].startswith(who["issuer"]):
            raise ValueError(f"{claim} is elsewhere")
    checked.validate_response_types_supported()
    checked.validate_grant_types_supported()
    checked.validate_token_endpoint_auth_methods_supported()
    checked.validate_token_endpoint_auth_signing_alg_values_supported()
    checked.validate_code_challenge_methods_supported()
    session = OAuth2Session(
        who["client_id"],
        KEY,
        # Its only argument is the audience: the issuer, which names one server and nobody else.
        token_endpoint_auth_method=Assertion(metadata["issuer"], alg="ES256"),
        scope=SCOPE,
        redirect_uri=f"{state['url']}/callback",
        code_challenge_method="S256",
    )
    state.update(metadata=metadata, session=session, client_id=who["client_id"])
    return metadata


def keys():
    return KeySet.import_key_set(requests.get(state["metadata"]["jwks_uri"], timeout=10).json())


def depart(_url, _query, _body):
    verifier, nonce = generate_token(48), generate_token()
    url, sent = state["session"].create_authorization_url(
        state["metadata"]["authorization_endpoint"], code_verifier=verifier, nonce=nonce
    )
    flows[sent] = (verifier, nonce)
    return GoTo(url)


def claims_of(token, nonce=None):
    decoded = jwt.decode(token["id_token"], keys(), algorithms=["RS256", "ES256"])
    must = {
        "iss": {"essential": True, "value": state["metadata"]["issuer"]},
        "aud": {"essential": True, "value": state["client_id"]},
    }
    params = {"client_id": state["client_id"], "access_token": token["access_token"], "nonce": nonce}
    claims = CodeIDToken(decoded.claims, decoded.header, must, {k: v for k, v in params.items() if v})
    claims.validate()
    return dict(claims)


def arrive(url, query, _body):
    if query.get("iss") != state["metadata"]["issuer"]:
        raise ValueError("RFC 9207: the answer is another issuer's")
    verifier, nonce = flows.pop(query["state"])
    session = state["session"]
    token = session.fetch_token(
        state["metadata"]["token_endpoint"],
        authorization_response=url,
        state=query["state"],
        code_verifier=verifier,
    )
    userinfo = session.get(state["metadata"]["userinfo_endpoint"])
    userinfo.raise_for_status()
    return {"claims": claims_of(token, nonce), "userinfo": userinfo.json(), "scope": token["scope"]}


def refresh(_url, _query, _body):
    session = state["session"]
    used = session.token["refresh_token"]
    token = session.refresh_token(state["metadata"]["token_endpoint"], refresh_token=used)
    return {"rotated": token["refresh_token"] != used, "claims": claims_of(token)}


def introspect(_url, _query, _body):
    endpoint = state["metadata"]["introspection_endpoint"]
    session = state["session"]
    answers = {
        kind: session.introspect_token(endpoint, token=session.token[kind], token_type_hint=kind)
        for kind in ("access_token", "refresh_token")
    }
    return {kind: answer.json() for kind, answer in answers.items()}


class Validator(JWTBearerTokenValidator):
    def get_jwks(self):
        return requests.get(state["metadata"]["jwks_uri"], timeout=10).json()


def resource(_url, _query, body):
    """The API: the access token is accepted for what it says, without asking."""
    asked = json.loads(body)
    validator = Validator(issuer=state["metadata"]["issuer"], resource_server=asked["audience"])
    token = validator.authenticate_token(asked.get("token") or state["session"].token["access_token"])
    validator.validate_token(token, [asked["scope"]], None)
    return dict(token)


def announce(url):
    state["url"] = url
    return {"jwks": {"keys": [KEY.as_dict(private=False)]}}


serve(
    {
        "POST /test/configure": configure,
        "GET /login": depart,
        "GET /callback": arrive,
        "POST /refresh": refresh,
        "POST /introspect": introspect,
        "POST /resource": resource,
    },
    announce,
)
