// The page: shows as JSON in #state what the library knows and what it met.

const { issuer, client_id } = await (await fetch("/who.json")).json();
const here = window.location.origin;
const manager = new window.oidc.UserManager({
  authority: issuer,
  client_id,
  redirect_uri: `${here}/callback`,
  post_logout_redirect_uri: `${here}/signed-out`,
  scope: "openid profile email offline_access",
  loadUserInfo: true,
  monitorSession: false,
  automaticSilentRenew: false,
  revokeTokensOnSignout: false,
});

const show = (state) => {
  document.querySelector("#state").textContent = JSON.stringify(state);
};
const known = (user, more) => show({ profile: user?.profile ?? null, scope: user?.scope, ...more });
const attempt = (action) => async () => {
  show({ busy: true });
  try {
    await action();
  } catch (error) {
    show({ failed: `${error.name}: ${error.message}` });
  }
};

async function renew() {
  const before = await manager.getUser();
  const after = await manager.signinSilent();
  const changed = (token) => before[token] !== after[token];
  known(after, { renewed: ["access_token", "refresh_token", "id_token"].filter(changed) });
}

const on = (button, action) => document.querySelector(button).addEventListener("click", attempt(action));
on("#sign-in", () => manager.signinRedirect());
on("#renew", renew);
on("#sign-out", () => manager.signoutRedirect());

await attempt(async () => {
  const { pathname } = window.location;
  if (pathname === "/callback") known(await manager.signinCallback(), { at: pathname });
  else if (pathname === "/signed-out") {
    await manager.signoutCallback();
    known(await manager.getUser(), { at: pathname });
  } else known(await manager.getUser(), { at: pathname });
})();
