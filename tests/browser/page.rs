//! What every page has to be, and its pictures.

use std::path::PathBuf;

use serde_json::{Value, json};
use thirtyfour::WebDriver;

/// A desktop window and a telephone.
const WIDTHS: [u32; 2] = [1280, 390];
const HEIGHT: u32 = 800;

/// What a machine can see of a page's quality.
const MEASURE: &str = "
    const width = document.documentElement.clientWidth;
    const wide = [...document.querySelectorAll('body *')]
        .filter((e) => !e.closest('pre, .visually-hidden, .skip, thead') && e.getBoundingClientRect().right > width + 1)
        .map((e) => e.outerHTML.slice(0, 120));
    const target = [...document.querySelectorAll('button, .button, input:not([type=hidden]), select, textarea')]
        .filter((e) => e.checkVisibility() && e.getBoundingClientRect().height < 44)
        .map((e) => e.outerHTML.slice(0, 120));
    return {
        headings: document.querySelectorAll('h1').length,
        title: document.title,
        scrolls: document.documentElement.scrollWidth > width,
        wide, target,
    };";

/// Each rule that is broken, with where.
const AXE: &str = "
    const done = arguments[arguments.length - 1];
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    axe.run({runOnly: tags}).then(
        ({violations}) => done(violations.map((v) => [v.id, v.nodes.map((n) => n.html.slice(0, 200))])),
        (error) => done([String(error)]));";

/// A file name made of a heading.
pub(crate) fn file_name(heading: &str) -> String {
    let letters = heading.chars().map(|letter| if letter.is_alphanumeric() { letter } else { '-' });
    letters.collect::<String>().to_lowercase().trim_matches('-').replace("--", "-")
}

/// Looks at the page in the widths people have, and at what the browser logged about it.
pub(crate) async fn judge(driver: &WebDriver, heading: &str) {
    for width in WIDTHS {
        resize(driver, width, HEIGHT).await;
        let seen = driver.execute(MEASURE, vec![]).await.unwrap().json().clone();
        assert_eq!(seen["headings"], 1, "“{heading}” has one heading: {seen:#}");
        assert_ne!(seen["title"], "", "“{heading}” has a title");
        assert_eq!(seen["scrolls"], false, "“{heading}” fits {width} px: {seen:#}");
        assert_eq!(seen["wide"], json!([]), "“{heading}” stays inside {width} px");
        assert_eq!(seen["target"], json!([]), "“{heading}” is easy to touch at {width} px");
    }
    driver.cdp().send_raw("Emulation.clearDeviceMetricsOverride", ()).await.unwrap();
    assert_quiet(driver, heading).await;
}

/// The same on the narrowest telephone, and what axe finds there and on a desktop, light and dark: WCAG 2.2 A and AA.
pub(crate) async fn judge_closely(driver: &WebDriver, heading: &str) {
    resize(driver, 320, HEIGHT).await;
    let seen = driver.execute(MEASURE, vec![]).await.unwrap().json().clone();
    assert_eq!((&seen["scrolls"], &seen["wide"]), (&json!(false), &json!([])), "“{heading}” fits 320 px");
    assert_eq!(seen["target"], json!([]), "“{heading}” is easy to touch at 320 px");
    let axe = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("counterparts/node_modules/axe-core/axe.min.js");
    driver.execute(std::fs::read_to_string(axe).unwrap(), vec![]).await.unwrap();
    // Colors on their way from one to another are judged nowhere.
    let still = json!({"name": "prefers-reduced-motion", "value": "reduce"});
    for (scheme, width) in [("light", 320), ("dark", 320), ("light", 1280), ("dark", 1280)] {
        let media = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}, still]});
        driver.cdp().send_raw("Emulation.setEmulatedMedia", media).await.unwrap();
        resize(driver, width, HEIGHT).await;
        let found = driver.execute_async(AXE, vec![]).await.unwrap().json().clone();
        assert_eq!(found, json!([]), "axe at “{heading}”, {scheme}, {width} px: {found:#}");
    }
    driver.cdp().send_raw("Emulation.setEmulatedMedia", json!({"features": []})).await.unwrap();
    driver.cdp().send_raw("Emulation.clearDeviceMetricsOverride", ()).await.unwrap();
}

/// No console errors, no violations of the content security policy, nothing that failed to load.
pub(crate) async fn assert_quiet(driver: &WebDriver, heading: &str) {
    let log = driver.handle().browser_log().await.unwrap();
    let said: Vec<String> =
        log.into_iter().map(|entry| format!("{} {}", entry.level, entry.message)).collect();
    // A refusal is a page with the status of a refusal, which the browser notes.
    let odd: Vec<&String> =
        said.iter().filter(|line| !line.contains("the server responded with a status of 4")).collect();
    assert!(odd.is_empty(), "the browser logged at “{heading}”: {odd:#?}");
}

/// Four pictures of the whole page: light and dark, wide and narrow.
pub(crate) async fn photograph(driver: &WebDriver, title: &str) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("screenshots");
    std::fs::create_dir_all(&folder).unwrap();
    let cdp = driver.cdp();
    for scheme in ["light", "dark"] {
        let media = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        cdp.send_raw("Emulation.setEmulatedMedia", media).await.unwrap();
        for width in WIDTHS {
            resize(driver, width, HEIGHT).await;
            let metrics = cdp.send_raw("Page.getLayoutMetrics", ()).await.unwrap();
            let height = metrics["cssContentSize"]["height"].as_f64().unwrap();
            let clip = json!({"x": 0, "y": 0, "width": width, "height": height, "scale": 1});
            if metrics["cssContentSize"]["height"].as_f64() > Some(1000.0) {
                // A frame has a process of its own, which draws the new size only when it is asked a first time.
                cdp.send_raw("Page.captureScreenshot", ()).await.unwrap();
            }
            let how = json!({"captureBeyondViewport": true, "clip": clip});
            let picture = cdp.send_raw("Page.captureScreenshot", how).await.unwrap();
            let bytes = from_base64(&picture["data"]);
            std::fs::write(folder.join(format!("{title}-{scheme}-{width}.png")), bytes).unwrap();
        }
    }
    cdp.send_raw("Emulation.setEmulatedMedia", json!({"features": []})).await.unwrap();
    cdp.send_raw("Emulation.clearDeviceMetricsOverride", ()).await.unwrap();
}

async fn resize(driver: &WebDriver, width: u32, height: u32) {
    let metrics = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
    driver.cdp().send_raw("Emulation.setDeviceMetricsOverride", metrics).await.unwrap();
}

fn from_base64(data: &Value) -> Vec<u8> {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.decode(data.as_str().unwrap()).unwrap()
}
