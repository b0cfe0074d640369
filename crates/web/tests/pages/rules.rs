//! What holds for every page.

use scraper::{ElementRef, Html, Selector};

/// Part of every nasty value; seen as an element or attribute, a value has escaped from its place.
pub(crate) const CANARY: &str = "canary";

fn all<'a>(page: &'a Html, selector: &str) -> Vec<ElementRef<'a>> {
    let selector = Selector::parse(selector).unwrap();
    page.select(&selector).collect()
}

fn parse(name: &str, html: &str) -> Html {
    let page = Html::parse_document(html);
    assert!(page.errors.is_empty(), "{name}: {:?}", page.errors);
    page
}

/// Strict CSP: scripts only by `src`, no styles, no handlers, no script URLs.
pub(crate) fn nothing_inline(name: &str, html: &str) {
    let page = parse(name, html);
    for script in all(&page, "script") {
        let source = script.attr("src").unwrap_or_default();
        assert!(source.starts_with("/static/"), "{name}: script from {source:?}");
        assert_eq!(script.inner_html(), "", "{name}");
    }
    assert!(all(&page, "style, base, object, embed, frame, meta[http-equiv]").is_empty(), "{name}");
    for element in all(&page, "*") {
        for (attribute, value) in element.value().attrs() {
            assert!(attribute != "style" && !attribute.starts_with("on"), "{name}: {attribute}");
            if matches!(attribute, "href" | "src" | "action" | "formaction") {
                let fine = ["/", "#", "https://", "http://"].iter().any(|start| value.starts_with(start));
                assert!(fine && !value.starts_with("//"), "{name}: {attribute}={value}");
            }
        }
    }
    for frame in all(&page, "iframe") {
        let sandbox = frame.attr("sandbox").unwrap();
        // What is shown from elsewhere has an origin of its own.
        let elsewhere = frame.attr("src").is_some_and(|source| source.starts_with("http"));
        assert!(
            elsewhere || !sandbox.contains("allow-scripts") && !sandbox.contains("allow-same-origin"),
            "{name}"
        );
    }
}

/// No value became markup.
pub(crate) fn values_stay_text(name: &str, html: &str) {
    let page = parse(name, html);
    for raw in ["<script>", "<img", "<svg onload", "onerror=\"", "</title><"] {
        let places = html.to_ascii_lowercase().matches(raw).count();
        assert_eq!(places, 0, "{name}: {raw}");
    }
    for element in all(&page, "*") {
        assert!(!element.value().name().contains(CANARY), "{name}");
        let escaped = element.value().attrs().find(|(attribute, _)| attribute.contains(CANARY));
        assert_eq!(escaped, None, "{name}");
    }
}

/// One `h1`, `main`, `lang`, a title with something before the dash.
pub(crate) fn outline(name: &str, html: &str) {
    let page = parse(name, html);
    for one in ["h1", "main", "header", "footer", "html[lang]", "title"] {
        assert_eq!(all(&page, one).len(), 1, "{name}: {one}");
    }
    let title: String = all(&page, "title")[0].text().collect();
    assert!(!title.starts_with(' ') && title.contains(" – "), "{name}: {title}");
    let heading: String = all(&page, "h1")[0].text().collect();
    assert!(!heading.trim().is_empty(), "{name}");
    assert!(all(&page, "[autofocus]").len() <= 1, "{name}");
    let mut ids: Vec<_> = all(&page, "[id]").into_iter().filter_map(|element| element.attr("id")).collect();
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count, "{name}: an id twice");
    for heading in all(&page, "table") {
        assert_eq!(all(&Html::parse_fragment(&heading.html()), "caption").len(), 1, "{name}");
    }
}

/// Labels, and `aria-describedby`, `aria-controls` and `#links` that lead somewhere.
pub(crate) fn labels(name: &str, html: &str) {
    let page = parse(name, html);
    for input in all(&page, "input:not([type=hidden]):not([hidden]), select, textarea") {
        let id = input.attr("id").unwrap_or_default();
        assert_eq!(all(&page, &format!("label[for='{id}']")).len(), 1, "{name}: {id}");
        let fills = input.value().name() == "input" && input.attr("type") != Some("checkbox");
        assert!(!fills || input.attr("autocomplete").is_some(), "{name}: {id}");
        let wrong = input.attr("aria-invalid") == Some("true");
        let described = input.attr("aria-describedby").unwrap_or_default();
        assert_eq!(wrong, described.contains(&format!("{id}-error")), "{name}: {id}");
    }
    for element in all(&page, "[aria-describedby], [aria-controls], a[href^='#']") {
        let described = element.attr("aria-describedby").unwrap_or_default().split_whitespace();
        let controls = element.attr("aria-controls").into_iter();
        let link = element.attr("href").and_then(|href| href.strip_prefix('#')).into_iter();
        for id in described.chain(controls).chain(link) {
            assert_eq!(all(&page, &format!("[id='{id}']")).len(), 1, "{name}: #{id}");
        }
    }
    for button in all(&page, "button, a, iframe") {
        let text: String = button.text().collect();
        let named = !text.trim().is_empty() || button.attr("title").is_some();
        assert!(named, "{name}: {}", button.html());
    }
}

/// `post`, an action, exactly one `csrf`, and a button.
pub(crate) fn forms(name: &str, html: &str) {
    let page = parse(name, html);
    for form in all(&page, "form") {
        assert_eq!(form.attr("method"), Some("post"), "{name}");
        let action = form.attr("action").unwrap_or_default();
        let inside = Html::parse_fragment(&form.html());
        let values: Vec<_> =
            all(&inside, "input[name=csrf]").iter().filter_map(|input| input.attr("value")).collect();
        if action.starts_with('/') {
            assert_eq!(values, ["csrf-value"], "{name}: {action}");
        } else {
            assert!(values.is_empty() && !html.contains("csrf-value"), "{name}: csrf leaves for {action}");
        }
        assert!(!all(&inside, "button[type=submit]").is_empty(), "{name}: {action}");
    }
    for button in all(&page, "button:not([type=submit])") {
        assert!(button.attr("type") == Some("button") && button.attr("hidden").is_some(), "{name}");
    }
}
