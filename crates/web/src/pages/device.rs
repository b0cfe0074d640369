//! Letting a device have access: entering the code it shows, answering, and what then.

use crate::pages::layout::Layout;
use crate::pages::moment::Moment;
use askama::Template;

/// Asks for the code a device shows. Posts `user_code`: eight letters, capitals and hyphens do not matter.
#[derive(Debug, Template)]
#[template(path = "device/code.html")]
pub struct DeviceCode<'a> {
    /// Shared parts.
    pub layout: Layout<'a>,
    /// What was typed, or came with the link.
    pub user_code: &'a str,
    /// Where the code goes.
    pub action: &'a str,
    /// What was wrong with it.
    pub problem: Option<DeviceCodeProblem>,
}

/// Why a code was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceCodeProblem {
    /// Nothing was typed.
    Missing,
    /// No device shows it, or not any more.
    Unknown,
}

/// Says which device asks, from where, and asks for a yes. Posts `decision`: `allow` or `deny`.
#[derive(Debug, Template)]
#[template(path = "device/confirm.html")]
pub struct ConfirmDevice<'a> {
    /// Shared parts.
    pub layout: Layout<'a>,
    /// The app on the device.
    pub app: &'a str,
    /// Whose app it is.
    pub organization: &'a str,
    /// Who is signed in.
    pub email: &'a str,
    /// What the device shows.
    pub user_code: &'a str,
    /// When it asked.
    pub asked: Moment,
    /// From where.
    pub network: &'a str,
    /// Whether this browser is there too.
    pub same_network: bool,
    /// Where the answer goes.
    pub action: &'a str,
    /// Where "not you?" goes.
    pub restart_action: &'a str,
}

/// The person answered; the rest happens on the device.
#[derive(Debug, Template)]
#[template(path = "device/answered.html")]
pub struct DeviceAnswered<'a> {
    /// Shared parts.
    pub layout: Layout<'a>,
    /// Whether the answer was yes.
    pub approved: bool,
}
