//! Every page, rendered with ordinary and with nasty data, read with a real HTML parser.
//!
//! `every_page_is_written_for_eyes` leaves the pages as files under `$CARGO_TARGET_TMPDIR/pages`, next to a copy of
//! `static/`, to look at them in a browser.

#[cfg(test)]
mod rules;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod samples_account;
#[cfg(test)]
mod samples_demo;
#[cfg(test)]
mod samples_device;
#[cfg(test)]
mod samples_guest;

use samples::Data;
use std::path::Path;

#[test]
fn web_01_no_page_has_inline_script_or_style() {
    for (name, html) in samples::pages_of_all_data() {
        rules::nothing_inline(&name, &html);
    }
}

#[test]
fn web_02_nasty_values_stay_text() {
    for nasty in Data::nasty() {
        for (name, html) in samples::pages(&nasty) {
            rules::values_stay_text(&name, &html);
        }
    }
}

#[test]
fn web_02_no_template_turns_escaping_off() {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../../templates")];
    let mut templates = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap().replace(' ', "");
            assert!(!text.contains("|safe") && !text.contains("|escape"), "{}", path.display());
            templates += 1;
        }
    }
    assert!(templates > 30, "{templates}");
}

#[test]
fn every_page_has_one_heading_landmarks_and_a_title() {
    for (name, html) in samples::pages_of_all_data() {
        rules::outline(&name, &html);
    }
}

#[test]
fn every_input_is_labelled_and_described_by_what_is_there() {
    for (name, html) in samples::pages_of_all_data() {
        rules::labels(&name, &html);
    }
}

#[test]
fn every_form_posts_with_csrf_but_never_to_an_app() {
    for (name, html) in samples::pages(&Data::ordinary()) {
        rules::forms(&name, &html);
    }
}

#[test]
fn every_struct_has_a_sample() {
    let source = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/pages")).unwrap();
    let structs: usize = source
        .map(|file| {
            std::fs::read_to_string(file.unwrap().path())
                .unwrap()
                .matches("#[derive(Debug, Template)]")
                .count()
        })
        .sum();
    let mut names: Vec<String> = samples::pages(&Data::ordinary())
        .into_iter()
        .map(|(name, _)| name.split('.').next().unwrap().to_owned())
        .collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), structs, "{names:?}");
}

#[test]
fn every_page_is_written_for_eyes() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pages");
    let files = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../static");
    std::fs::create_dir_all(folder.join("static")).unwrap();
    for file in std::fs::read_dir(files).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), folder.join("static").join(file.file_name())).unwrap();
    }
    for data in [Data::ordinary(), Data::umlauts(), Data::right_to_left(), Data::huge()] {
        for (name, html) in samples::pages(&data) {
            let html = html.replace("\"/static/", "\"static/");
            std::fs::write(folder.join(format!("{}.{name}.html", data.label)), html).unwrap();
        }
    }
}
