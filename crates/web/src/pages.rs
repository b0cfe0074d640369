//! Every HTML page people see, as one struct per page and one template per struct.
//!
//! A page is data: handlers fill a struct and render it. All sentences live in `templates/`, so what went wrong is given
//! as a value (`PasswordProblem::Wrong`), never as text. Askama escapes every value; what escaping cannot guard, the
//! scheme of a link, is guarded by the type [`Href`]. Pages hold no inline script or style, work without JavaScript, and
//! every form carries `layout.csrf` as a hidden field named `csrf` and names its other fields in the struct's comment.
//!
//! This module must not know requests, cookies, headers, sessions or the directory.

mod account;
pub mod demo;
mod device;
mod form_post;
mod guests;
mod href;
mod invitation;
mod layout;
mod moment;
mod refusal;
mod sessions;
mod sign_in;

pub use account::{
    ApplicationLink, ConfirmSignOut, Home, NewPassword, NewPasswordProblem, NewPasswordPurpose, SetUp,
    SetUpProblem, SignedOut, Standing, Strength,
};
pub use device::{ConfirmDevice, DeviceAnswered, DeviceCode, DeviceCodeProblem};
pub use form_post::FormPost;
pub use guests::{
    Choice, InvitationList, InvitationRow, InvitationState, InviteForm, InviteGuest, InviteOutcome,
    InviteProblem, InviteResult,
};
pub use href::Href;
pub use invitation::{
    AnotherSession, Declined, HomeAccount, InvitationOpened, LinkProblem, LinkProblemKind, Mismatch,
    ReviewPermissions,
};
pub use layout::Layout;
pub use moment::Moment;
pub use refusal::{ErrorPage, NotFound, Unavailable};
pub use sessions::{SessionRow, Sessions};
pub use sign_in::{
    AccountRow, ChooseAccount, Code, CodeProblem, CodePurpose, Consent, Detail, Identifier,
    IdentifierProblem, Password, PasswordProblem, Wish,
};
