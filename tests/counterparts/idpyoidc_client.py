"""PyPI idpyoidc, a certified relying party library, as an application of the organization.

Everything it learns it answers as JSON; what it refuses is a 400. Prints one line of JSON when it is ready: {"url": …}.
POST /test/configure says who it is and at whom.
"""

import json

from cryptojwt.key_jar import init_key_jar
from idpyoidc.client.rp_handler import RPHandler
from idpyoidc.message import Message

from serve import GoTo, serve

SERVICES = {
    name: {"class": f"idpyoidc.client.oidc.{name}.{kind}"}
    for name, kind in {
        "authorization": "Authorization",
        "access_token": "AccessToken",
        "refresh_access_token": "RefreshAccessToken",
        "userinfo": "UserInfo",
        "end_session": "EndSession",
    }.items()
} | {"discovery": {"class": "idpyoidc.client.oidc.provider_info_discovery.ProviderInfoDiscovery"}}
PKCE = {"code_challenge_length": 64, "code_challenge_method": "S256"}

state = {}


def configure(_url, _query, body):
    who = json.loads(body)
    config = {
        "issuer": who["issuer"],
        "client_type": "oidc",
        "client_id": who["client_id"],
        "client_secret": who["secret"],
        "redirect_uris": [f"{state['url']}/callback"],
        "post_logout_redirect_uris": [f"{state['url']}/signed-out"],
        "response_types_supported": ["code"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "token_endpoint_auth_methods_supported": [who["method"]],
        "client_authn_methods": [who["method"], "bearer_header"],
        "id_token_signing_alg_values_supported": ["RS256", "ES256"],
        "services": SERVICES,
        "add_ons": {"pkce": {"function": "idpyoidc.client.oauth2.add_on.pkce.add_support", "kwargs": PKCE}},
    }
    handler = RPHandler(
        base_url=state["url"],
        client_configs={who["issuer"]: config},
        services=SERVICES,
        keyjar=init_key_jar(key_defs=[{"type": "EC", "crv": "P-256", "use": ["sig"]}]),
        httpc_params={"verify": True, "timeout": 10},
    )
    state.update(handler=handler, issuer=who["issuer"])
    client = state["client"] = handler.client_setup(who["issuer"])
    return plain(client.get_context().provider_info)


def plain(value):
    return value.to_dict() if isinstance(value, Message) else dict(value)


def depart(_url, _query, _body):
    wanted = {"scope": ["openid", "profile", "email", "offline_access"]}
    return GoTo(state["handler"].begin(state["issuer"], req_args=wanted))


def arrive(_url, query, _body):
    answer = state["handler"].finalize(state["issuer"], query)
    if "error" in answer:
        raise ValueError(str(answer))
    state["session"] = answer["state"]
    return {
        "claims": plain(answer["id_token"]),
        "userinfo": plain(answer["userinfo"]),
    }


def refresh(_url, _query, _body):
    handler, session = state["handler"], state["session"]
    used = state["client"].get_context().cstate.get(session)["refresh_token"]
    answer = handler.refresh_access_token(session)
    return {"rotated": answer["refresh_token"] != used, "claims": plain(answer["__verified_id_token"])}


def sign_out(_url, _query, _body):
    return GoTo(state["handler"].logout(state["session"], post_logout_redirect_uri=f"{state['url']}/signed-out")["url"])


def announce(url):
    state["url"] = url
    return {}


serve(
    {
        "POST /test/configure": configure,
        "GET /login": depart,
        "GET /callback": arrive,
        "POST /refresh": refresh,
        "GET /logout": sign_out,
        "GET /signed-out": lambda *_: {"signed_out": True},
    },
    announce,
)
