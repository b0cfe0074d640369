//! What was measured, as a table for people and as JSON for comparing runs.

use std::fmt::Write as _;
use std::time::Duration;

use anyhow::Result;
use serde_json::{Value, json};

use super::flows::{BARE, Flow};
use super::houses::Houses;
use super::limits::Limit;
use super::load::Measured;
use super::usage;

/// The targets hold for a machine where a bare answer costs this much, in microseconds. What is left is ours to spend.
const BARE_WHERE_TARGETS_WERE_SET: f64 = 6.9;
const READY_MILLIS: f64 = 150.0;
const IDLE_MEGABYTES: f64 = 30.0;
const LOADED_MEGABYTES: f64 = 100.0;

/// A whole run.
pub(super) struct Report {
    pub(super) limits: Vec<Limit>,
    pub(super) sections: Vec<Section>,
}

/// All flows on one set of stores.
pub(super) struct Section {
    stores: &'static str,
    ready_after: Duration,
    idle_megabytes: f64,
    most_megabytes: f64,
    pub(super) flows: Vec<(&'static Flow, Measured)>,
    /// Names of flows that could not be measured.
    pub(super) failed: Vec<&'static str>,
}

impl Section {
    /// Looks at the server before anybody uses it.
    pub(super) fn begin(stores: &'static str, houses: &Houses) -> Result<Self> {
        let (idle_megabytes, _) = usage::memory(houses.main.pid())?;
        let ready_after = houses.main.ready_after;
        Ok(Self {
            stores,
            ready_after,
            idle_megabytes,
            most_megabytes: 0.0,
            flows: Vec::new(),
            failed: Vec::new(),
        })
    }

    /// Looks at it again after all flows.
    pub(super) fn end(&mut self, houses: &Houses) -> Result<()> {
        (_, self.most_megabytes) = usage::memory(houses.main.pid())?;
        Ok(())
    }

    /// Microseconds of CPU beyond what as many bare answers cost on this machine.
    fn ours(&self, flow: &Flow, measured: &Measured) -> Option<f64> {
        let (_, bare) = self.flows.iter().find(|(flow, _)| flow.name == BARE)?;
        (flow.name != BARE).then_some(measured.cpu - bare.cpu * flow.requests)
    }

    fn process(&self) -> [(&'static str, f64, f64); 3] {
        [
            ("ready after, ms", self.ready_after.as_secs_f64() * 1e3, READY_MILLIS),
            ("memory idle, MB", self.idle_megabytes, IDLE_MEGABYTES),
            ("memory at most, MB", self.most_megabytes, LOADED_MEGABYTES),
        ]
    }
}

impl Report {
    /// One row for each flow and store set.
    pub(super) fn table(&self) -> String {
        let mut text = String::from(
            "\n| flow | stores | per second | p50 ms | p99 ms | CPU µs | ours µs | target | ratio | session trips | SQL |\n\
             |---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n",
        );
        for section in &self.sections {
            for (flow, measured) in &section.flows {
                let _ = writeln!(text, "{}", row(section, flow, measured));
            }
        }
        text.push_str("\n| process | stores | seen | target |\n|---|---|--:|--:|\n");
        for section in &self.sections {
            for (what, seen, target) in section.process() {
                let _ = writeln!(text, "| {what} | {} | {seen:.1} | {target:.0} |", section.stores);
            }
        }
        text.push_str("\n| limit of the machine | µs |\n|---|--:|\n");
        for (what, micros) in &self.limits {
            let _ = writeln!(text, "| {what} | {micros:.1} |");
        }
        text
    }

    /// The same, for programs.
    pub(super) fn json(&self) -> Value {
        let sections: Vec<Value> = self.sections.iter().map(Section::json).collect();
        let limits: Vec<Value> =
            self.limits.iter().map(|(what, micros)| json!({"what": what, "micros": micros})).collect();
        json!({"limits": limits, "sections": sections})
    }
}

impl Section {
    fn json(&self) -> Value {
        let flows: Vec<Value> =
            self.flows.iter().map(|(flow, measured)| flow_json(self, flow, measured)).collect();
        json!({
            "stores": self.stores,
            "readyMillis": self.ready_after.as_secs_f64() * 1e3,
            "idleMegabytes": self.idle_megabytes,
            "mostMegabytes": self.most_megabytes,
            "flows": flows,
        })
    }
}

fn row(section: &Section, flow: &Flow, measured: &Measured) -> String {
    let Measured { per_second, cpu, trips: [directory, sessions], .. } = measured;
    let millis = |time: Duration| format!("{:.2}", time.as_secs_f64() * 1e3);
    let (median, slow) = (millis(measured.median), millis(measured.slow));
    let ours = section.ours(flow, measured);
    let target = flow.target.map(|target| target - BARE_WHERE_TARGETS_WERE_SET * flow.requests);
    let ratio = ours.zip(target).map(|(ours, target)| ours / target);
    let number = |number: Option<f64>| number.map(|number| format!("{number:.1}")).unwrap_or_default();
    format!(
        "| {} | {} | {per_second:.0} | {median} | {slow} | {cpu:.1} | {} | {} | {} | {sessions:.2} | {directory:.2} |",
        flow.name,
        section.stores,
        number(ours),
        number(target),
        number(ratio)
    )
}

fn flow_json(section: &Section, flow: &Flow, measured: &Measured) -> Value {
    let [directory, sessions] = measured.trips;
    json!({
        "name": flow.name,
        "rounds": measured.rounds,
        "perSecond": measured.per_second,
        "medianMicros": measured.median.as_secs_f64() * 1e6,
        "slowMicros": measured.slow.as_secs_f64() * 1e6,
        "cpuMicros": measured.cpu,
        "oursMicros": section.ours(flow, measured),
        "homeCpuMicros": measured.home_cpu,
        "targetMicros": flow.target,
        "sessionTrips": sessions,
        "directoryTrips": directory,
    })
}
