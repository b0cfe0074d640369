//! Pages about devices.

use crate::samples::{Data, Pages, add, moment};
use hospes_web::pages::{ConfirmDevice, DeviceAnswered, DeviceCode, DeviceCodeProblem, Layout};

pub(crate) fn device(data: &Data, pages: &mut Pages) {
    let code = |user_code, problem| DeviceCode {
        layout: data.layout(),
        user_code,
        action: "/t/fjord/device",
        problem,
    };
    add(pages, "DeviceCode", &code("", None));
    add(pages, "DeviceCode.filled", &code("BCDF-GHJK", None));
    add(pages, "DeviceCode.error", &code(&data.text, Some(DeviceCodeProblem::Unknown)));
    add(pages, "DeviceCode.missing", &code("", Some(DeviceCodeProblem::Missing)));
    let confirm = |network, same_network| ConfirmDevice {
        layout: data.layout(),
        app: &data.app,
        organization: &data.organization,
        email: &data.email,
        user_code: "BCDF-GHJK",
        asked: moment(),
        network,
        same_network,
        action: "/t/fjord/interaction/x/device",
        restart_action: "/t/fjord/interaction/x/restart",
    };
    add(pages, "ConfirmDevice", &confirm("203.0.113.9", true));
    add(pages, "ConfirmDevice.elsewhere", &confirm("2001:db8:4:7::/64", false));
    add(pages, "ConfirmDevice.unknown", &confirm("", true));
    for (name, approved) in [("DeviceAnswered", true), ("DeviceAnswered.declined", false)] {
        add(pages, name, &DeviceAnswered { layout: Layout { csrf: "", ..data.layout() }, approved });
    }
}
