//! What a monitor sees, and where.

use super::home_idp::application;
use super::provision::{CLIENT, MEMBER, Wishes, provision};
use hospes_idp::federation::logout::Addresses;
use url::Url;

async fn get(url: &str) -> (u16, String) {
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let response = client.get(url).send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

#[tokio::test]
async fn key_09_key_12_metrics_name_nobody_and_are_not_public() {
    let nobody = async |_: &Addresses| unreachable!("there is no home IdP");
    let client = application("http://localhost:1");
    let harbor = provision(Wishes { client, home_idp: None, invited: &[] }, nobody).await;
    let mut operations = Url::parse(&harbor.server.base_url).unwrap();
    operations.set_port(Some(operations.port().unwrap() + 1)).unwrap();
    let wrong = format!("{}/token", harbor.issuer());
    for url in [
        format!("{}/jwks", harbor.issuer()),
        format!("{}/authorize?client_id={CLIENT}", harbor.issuer()),
        wrong,
    ] {
        get(&url).await;
    }
    for path in ["metrics", "health/live", "health/ready"] {
        assert_eq!(get(&format!("{}/{path}", harbor.server.base_url)).await.0, 404, "{path} is not public");
        assert_eq!(get(&format!("{operations}{path}")).await.0, 200, "{path}");
    }
    let (_, metrics) = get(&format!("{operations}metrics")).await;
    for name in ["harbor", CLIENT, MEMBER, "Hanna"] {
        assert!(!metrics.contains(name), "{name} in {metrics}");
    }
    let age = metrics.lines().find_map(|line| {
        line.strip_prefix("hospes_job_last_success_age_seconds{job=\"keys\"} ")?.parse::<f64>().ok()
    });
    assert!(age.is_some_and(|age| age < 300.0), "the keys were looked at when the server started: {metrics}");
    assert_eq!(get(&format!("{operations}health/ready")).await.1, "ready\n");
}
