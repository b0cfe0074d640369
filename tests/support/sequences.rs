//! Random sequences of what people and clients may do, made as short as possible when one shows a fault. It is then kept
//! in `proptest-regressions`, from where it is tried first from then on.

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, FileFailurePersistence, TestCaseError, TestRunner};
use tokio::runtime::Handle;

const REGRESSIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/proptest-regressions/sequences.txt");

/// Plays so many sequences, or as many as `HOSPES_TEST_SEQUENCES` says; an error says what is wrong.
pub(crate) fn hold<S: Strategy>(
    usual: u32,
    sequences: &S,
    play: impl AsyncFn(S::Value) -> Result<(), String>,
) {
    let asked = std::env::var("HOSPES_TEST_SEQUENCES").ok();
    let config = Config {
        cases: asked.map_or(usual, |number| number.parse().unwrap()),
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(REGRESSIONS))),
        // A sequence takes some hundred milliseconds.
        max_shrink_iters: 100,
        ..Config::default()
    };
    let here = Handle::current();
    let played = tokio::task::block_in_place(|| {
        TestRunner::new(config)
            .run(sequences, |sequence| here.block_on(play(sequence)).map_err(TestCaseError::fail))
    });
    played.unwrap_or_else(|error| panic!("{error}"));
}
