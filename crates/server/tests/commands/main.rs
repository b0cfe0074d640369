//! The command line as an operator uses it: the real binary, a house in a temporary directory.

#[cfg(test)]
mod machine;

use machine::Machine;
use serde_json::{Value, json};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

#[test]
fn a_tenant_comes_with_a_set_up_link_and_rules_that_can_be_set() {
    let (machine, made) = Machine::with_tenant();
    let link = made["setUpLink"].as_str().unwrap();
    assert!(link.starts_with("https://id.example/t/harbor/set-up?token="), "{link}");
    let another = machine.json("tenant set-up harbor");
    assert_ne!(another["setUpLink"], made["setUpLink"]);
    let rules = "--set allowInvitesFrom=everyone --set invitationLifetime=3600 --set landingUrls=[\"https://a.example/\"]";
    let changed = machine.json(&format!("tenant update harbor --name Port {rules}"));
    assert_eq!(changed["displayName"], "Port");
    assert_eq!(changed["settings"]["landingUrls"], json!(["https://a.example/"]));
    assert_eq!(machine.json("tenant disable harbor")["status"], "disabled");
    assert_eq!(machine.json("tenant enable harbor")["status"], "enabled");
    let text = String::from_utf8(machine.run("tenant list").stdout).unwrap();
    assert_eq!(text.lines().next().unwrap().split_whitespace().next(), Some("slug"));
    assert!(text.contains("https://id.example/t/harbor"));
}

#[test]
fn a_client_its_secrets_and_its_end() {
    let (machine, _) = Machine::with_tenant();
    let create =
        "client create --tenant harbor --id app --name App --redirect-uri https://app.example/callback";
    let made = machine.json(create);
    let secret = made["clientSecret"].as_str().unwrap();
    let rotated = machine.json("client rotate-secret --tenant harbor app");
    assert_ne!(rotated["clientSecret"], made["clientSecret"]);
    let shown = machine.json("client show --tenant harbor app");
    assert!(!shown.to_string().contains(secret) && shown["clientSecret"].is_null());
    let update =
        "client update --tenant harbor app --name Other --require-pkce false --permission User.Invite.All";
    let changed = machine.json(update);
    assert_eq!((&changed["displayName"], &changed["requirePkce"]), (&json!("Other"), &json!(false)));
    assert_eq!(changed["redirectUris"], json!(["https://app.example/callback"]), "unnamed lists stay");
    assert!(machine.fails(4, create).contains("client_id is taken"));
    machine.json("client delete --tenant harbor app");
    machine.fails(3, "client show --tenant harbor app");
}

#[test]
fn leave_to_register_clients() {
    let (machine, _) = Machine::with_tenant();
    let create = "registration-token create --tenant harbor --name Robots --max-clients 3 --scope openid";
    let made = machine.json(create);
    assert_eq!((&made["maxClients"], &made["scopes"]), (&json!(3), &json!(["openid"])));
    let listed = machine.json("registration-token list --tenant harbor");
    assert_eq!(listed["items"][0]["id"], made["id"]);
    assert!(!listed.to_string().contains(made["initialAccessToken"].as_str().unwrap()));
    let revoke = format!("registration-token revoke --tenant harbor {}", made["id"].as_str().unwrap());
    machine.json(&revoke);
    machine.fails(3, &revoke);
    machine.fails(4, &format!("{create} --lifetime 0"));
}

#[test]
fn members_guests_and_invitations() {
    let (machine, _) = Machine::with_tenant();
    std::fs::write(machine.path("password"), "a long enough passphrase of mine\n").unwrap();
    let create = "member create --tenant harbor --email ada@harbor.example --name Ada --role Administrator";
    let member = machine.json(&format!("{create} --password-file password"));
    assert_eq!(member["roles"], json!(["Administrator"]));
    let invite = "invite create --tenant harbor --email gast@fjord.example --name Gast --no-mail";
    let made = machine.json(invite);
    assert!(made["redeemUrl"].as_str().unwrap().starts_with("https://id.example/t/harbor/redeem?ticket="));
    assert_eq!(made["redirectUrl"], "https://id.example/t/harbor/home");
    let id = made["id"].as_str().unwrap();
    let again = machine.json(&format!("invite resend --tenant harbor {id}"));
    assert_eq!(again["user"], made["user"]);
    machine.fails(4, &format!("invite resend --tenant harbor {id}"));
    let revoke = format!("invite revoke --tenant harbor {}", again["id"].as_str().unwrap());
    assert_eq!(machine.json(&revoke)["state"], "revoked");
    assert_eq!(machine.json("invite list --tenant harbor")["items"].as_array().unwrap().len(), 2);
    let disabled = machine.json("guest disable --tenant harbor gast@fjord.example");
    assert_eq!(disabled["status"], "disabled");
    machine.fails(4, invite);
    assert_eq!(machine.json("guest enable --tenant harbor gast@fjord.example")["status"], "enabled");
    let guest = machine.json("guest show --tenant harbor gast@fjord.example");
    assert_eq!((&guest["state"], &guest["hasLocalAccount"]), (&json!("PendingAcceptance"), &json!(false)));
    machine.fails(3, "guest show --tenant harbor ada@harbor.example");
    machine.json(&format!("guest delete --tenant harbor {}", made["user"].as_str().unwrap()));
    assert_eq!(machine.json("guest list --tenant harbor")["items"], json!([]));
}

#[test]
fn groups_and_who_is_in_them() {
    let (machine, _) = Machine::with_tenant();
    machine.json("member create --tenant harbor --email ada@harbor.example --name Ada");
    let made = machine.json("group create --tenant harbor --name Editors --description writers");
    assert!(machine.fails(4, "group create --tenant harbor --name EDITORS").contains("displayName is taken"));
    machine.json("group add --tenant harbor editors ada@harbor.example");
    let members = machine.json("group members --tenant harbor Editors");
    assert_eq!(members["items"][0]["email"], "ada@harbor.example");
    let renamed = machine.json("group update --tenant harbor editors --name Writers");
    assert_eq!((&renamed["id"], &renamed["description"]), (&made["id"], &json!("writers")), "unnamed stays");
    machine.json("group remove --tenant harbor writers ada@harbor.example");
    machine.fails(3, "group remove --tenant harbor writers ada@harbor.example");
    machine.fails(3, "group add --tenant harbor writers nobody@harbor.example");
    machine.fails(3, "group show --tenant harbor Editors");
    let id = made["id"].as_str().unwrap();
    assert_eq!(machine.json(&format!("group show --tenant harbor {id}"))["displayName"], "Writers");
    machine.json("group delete --tenant harbor writers");
    assert_eq!(machine.json("group list --tenant harbor")["items"], json!([]));
}

#[test]
fn secrets_come_from_standard_input_and_never_from_an_argument() {
    let (machine, _) = Machine::with_tenant();
    let line = "member create --tenant harbor --email ada@harbor.example --name Ada --password-file -";
    let mut command = machine.command(line);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"a long enough passphrase of mine\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert!(!String::from_utf8(output.stdout).unwrap().contains("passphrase"));
    machine.fails(2, "member create --tenant harbor --email b@harbor.example --name B --password secret");
    machine.fails(2, "idp create --tenant harbor --name x --client-secret secret");
}

#[test]
fn every_kind_of_refusal_has_its_exit_code_and_changes_nothing() {
    let (machine, _) = Machine::with_tenant();
    let before = machine.snapshot();
    for line in [
        "client list --tenant nowhere",
        "tenant show nowhere",
        "client delete --tenant harbor nothing",
        "idp show --tenant harbor nothing",
        "idp delete --tenant harbor 00000000-0000-0000-0000-000000000000",
        "guest disable --tenant harbor nobody@fjord.example",
        "guest show --tenant harbor nobody",
        "keys revoke --tenant harbor nothing",
        "invite revoke --tenant harbor nothing",
        "invite resend --tenant harbor 00000000-0000-0000-0000-000000000000",
    ] {
        machine.fails(3, line);
    }
    for line in [
        "tenant create harbor --name Again",
        "tenant create UPPER --name x",
        "tenant update harbor --set unknownRule=1",
        "tenant update harbor --set invitationLifetime=0",
        "tenant update harbor --set nonsense",
        "client create --tenant harbor --name x --redirect-uri http://app.example/",
        "client create --tenant harbor",
        "idp create --tenant harbor --name x --issuer https://idp.example --client-id x --domain gmail.com",
        "idp create --tenant harbor --name x --claim nonsense",
        "member create --tenant harbor --email nobody --name x",
        "invite create --tenant harbor --email gast@fjord.example --redirect-url https://evil.example/",
        "client create --tenant harbor --name x --redirect-uri https://app.example/ --id-token-algorithm PS256",
        "tenant update harbor --set options.keys.rotateAfter=1",
    ] {
        machine.fails(4, line);
    }
    for line in [
        "",
        "tenant",
        "client list",
        "keys add --tenant harbor --algorithm HS256",
        "guest list --tenant harbor --limit 0",
    ] {
        machine.fails(2, line);
    }
    machine.fails(1, "client list --tenant harbor --config nowhere.toml");
    machine
        .fails(1, "member create --tenant harbor --email b@harbor.example --name B --password-file nowhere");
    assert_eq!(before, machine.snapshot());
}

#[test]
fn a_dry_run_shows_what_would_be_and_changes_nothing() {
    let (machine, _) = Machine::with_tenant();
    machine.json("invite create --tenant harbor --email gast@fjord.example --no-mail");
    let before = (machine.snapshot(), machine.json("audit list --tenant harbor"));
    let invitation = before.0[5]["items"][0]["id"].as_str().unwrap();
    for line in [
        "tenant create other --name Other".to_owned(),
        "tenant set-up harbor".to_owned(),
        "tenant update harbor --name Port".to_owned(),
        "tenant disable harbor".to_owned(),
        "keys rotate --tenant harbor".to_owned(),
        "keys add --tenant harbor --algorithm PS256".to_owned(),
        "client create --tenant harbor --name x --redirect-uri https://app.example/".to_owned(),
        "member create --tenant harbor --email ada@harbor.example --name Ada".to_owned(),
        "guest disable --tenant harbor gast@fjord.example".to_owned(),
        "guest delete --tenant harbor gast@fjord.example".to_owned(),
        format!("invite revoke --tenant harbor {invitation}"),
        format!("invite resend --tenant harbor {invitation}"),
    ] {
        let output = machine.run(&format!("{line} --dry-run"));
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{line}: {said}");
        assert!(said.contains("dry run"), "{line}: {said}");
    }
    machine.fails(4, "tenant create harbor --name Again --dry-run");
    machine.fails(4, "member create --tenant harbor --email gast@fjord.example --name G --dry-run");
    assert_eq!(before, (machine.snapshot(), machine.json("audit list --tenant harbor")));
}

#[test]
fn the_audit_trail_names_the_operator() {
    let (machine, _) = Machine::with_tenant();
    machine.json("keys add --tenant harbor --algorithm ES256");
    assert_eq!(machine.json("keys list --tenant harbor")["items"].as_array().unwrap().len(), 4);
    let newest = machine.json("audit list --tenant harbor --limit 1")["items"][0].clone();
    assert_eq!((&newest["kind"], &newest["actor"]["kind"]), (&json!("key.created"), &json!("operator")));
    let reference = newest["reference"].as_str().unwrap();
    let found = machine.json(&format!("audit list --tenant harbor --reference {reference}"));
    assert_eq!(found["items"], json!([newest]));
}

#[test]
fn keys_are_added_rotated_and_revoked() {
    let (machine, _) = Machine::with_tenant();
    let states = |document: &Value| -> Vec<(String, String)> {
        let text = |key: &Value, name: &str| key[name].as_str().unwrap().to_owned();
        let items = document["items"].as_array().unwrap();
        let mut states: Vec<_> =
            items.iter().map(|key| (text(key, "algorithm"), text(key, "state"))).collect();
        states.sort();
        states
    };
    let of = |states: &[(&str, &str)]| -> Vec<(String, String)> {
        states.iter().map(|(algorithm, state)| ((*algorithm).to_owned(), (*state).to_owned())).collect()
    };
    let keys = machine.json("keys list --tenant harbor");
    assert_eq!(states(&keys), of(&[("ES256", "signing"), ("EdDSA", "signing"), ("RS256", "signing")]));
    let added = machine.json("keys add --tenant harbor --algorithm PS256");
    assert_eq!(added["state"], "upcoming", "{added}");
    machine.fails(4, "keys add --tenant harbor --algorithm PS256");
    machine.fails(4, "keys rotate --tenant harbor");
    let id = added["keyId"].as_str().unwrap();
    machine.json(&format!("keys revoke --tenant harbor {id}"));
    let rotated = machine.json("keys rotate --tenant harbor");
    assert_eq!(states(&rotated), of(&[("ES256", "upcoming"), ("EdDSA", "upcoming"), ("RS256", "upcoming")]));
    let signs = keys["items"].as_array().unwrap().iter().find(|key| key["algorithm"] == "EdDSA").unwrap();
    let id = signs["keyId"].as_str().unwrap();
    let left = machine.json(&format!("keys revoke --tenant harbor {id}"));
    let waited = states(&left).into_iter().filter(|(algorithm, _)| algorithm == "EdDSA");
    assert_eq!(waited.collect::<Vec<_>>(), of(&[("EdDSA", "signing")]), "the one that waited: {left:#}");
}

#[test]
fn beside_a_running_server_only_a_set_up_link_is_out_of_reach() {
    let (machine, _) = Machine::with_tenant();
    let holder = hospes_storage::EmbeddedSessions::open(
        &machine.path("data/sessions.redb"),
        std::sync::Arc::new(hospes_server::entropy::now),
    )
    .unwrap();
    machine.json("member create --tenant harbor --email ada@harbor.example --name Ada");
    let said = machine.fails(1, "tenant set-up harbor");
    assert!(said.contains("which a running server holds") && said.contains("hospes member create"), "{said}");
    let before = machine.json("tenant list");
    machine.fails(1, "tenant create other --name Other");
    assert_eq!(before, machine.json("tenant list"), "no tenant without its link");
    holder.close().unwrap();
}

#[test]
fn what_the_binary_writes_is_its_owners_alone() {
    let (machine, _) = Machine::with_tenant();
    let mut folders = vec![machine.path("")];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let mode = entry.metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o077, 0, "{} is open to others: {mode:o}", entry.path().display());
            match entry.path() {
                path if path.is_dir() => folders.push(path),
                path => files.push(path),
            }
        }
    }
    assert!(files.len() >= 3, "a database, a session file and a key are there: {files:?}");
}
