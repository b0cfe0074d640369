//! Reads of lists of people: a query of the port as one SQL statement.

use super::SqlDirectory;
use super::page::Paging;
use super::row::{user_state, user_status, user_type};
use super::statement::Arg;
use hospes_idp::guest::user::User;
use hospes_idp::ids::TenantId;
use hospes_idp::ports::user_query::{
    Condition, TextField, TextMatch, TimeField, TimeMatch, UserOrder, UserQuery,
};
use hospes_idp::ports::{Page, PageRequest, Unavailable};

/// Between the parts of a cursor. No name and no address holds it.
const CUT: char = '\n';

impl SqlDirectory {
    pub(super) async fn people(
        &self,
        tenant: TenantId,
        query: &UserQuery,
        request: PageRequest,
    ) -> Result<Page<User>, Unavailable> {
        let after = request.after.clone();
        let paging = Paging::rising(request);
        let mut statement = Statement::default();
        let mut all = vec![
            format!("tenant = {}", statement.arg(tenant)),
            format!("deleted_at IS {}", if query.deleted { "NOT NULL" } else { "NULL" }),
            statement.condition(&query.condition),
        ];
        all.extend(after.map(|after| statement.beyond(query, &after)));
        let direction = if query.descending { "DESC" } else { "ASC" };
        let order = column(query.order).map(|column| format!("{column} {direction}, ")).unwrap_or_default();
        let (all, limit) = (all.join(" AND "), statement.arg(paging.limit));
        let sql = format!("SELECT body FROM users WHERE {all} ORDER BY {order}id {direction} LIMIT {limit}");
        let found = self.all(sqlx::AssertSqlSafe(sql), &statement.args).await?;
        Ok(paging.cut(found, |user: &User| match query.order {
            UserOrder::Created => user.id.to_string(),
            _ => format!("{}{CUT}{}", query.key(user), user.id),
        }))
    }
}

const fn column(order: UserOrder) -> Option<&'static str> {
    match order {
        UserOrder::Created => None,
        UserOrder::DisplayName => Some("name_key"),
        UserOrder::Email => Some("email_key"),
    }
}

/// The arguments of a statement while its text is written. Every value becomes an argument; the text is ours alone.
#[derive(Default)]
struct Statement {
    args: Vec<Arg>,
}

impl Statement {
    fn arg(&mut self, value: impl Into<Arg>) -> String {
        self.args.push(value.into());
        format!("${}", self.args.len())
    }

    /// What comes after the last one of the page before.
    fn beyond(&mut self, query: &UserQuery, after: &str) -> String {
        let than = if query.descending { "<" } else { ">" };
        match column(query.order) {
            None => format!("id {than} {}", self.arg(after)),
            Some(column) => {
                let (key, id) = after.rsplit_once(CUT).unwrap_or((after, ""));
                format!("({column}, id) {than} ({}, {})", self.arg(key), self.arg(id))
            }
        }
    }

    /// True or false for every row, never unknown, so that it can be turned around.
    fn condition(&mut self, condition: &Condition) -> String {
        match condition {
            Condition::All(parts) => self.joined(parts, " AND ", "TRUE"),
            Condition::Any(parts) => self.joined(parts, " OR ", "FALSE"),
            Condition::Not(part) => format!("NOT {}", self.condition(part)),
            Condition::Id(id) => format!("(id = {})", self.arg(*id)),
            Condition::Type(wanted) => format!("(user_type = {})", self.arg(user_type(*wanted))),
            Condition::State(None) => "(state IS NULL)".to_owned(),
            Condition::State(Some(state)) => format!("((state = {}) IS TRUE)", self.arg(user_state(*state))),
            Condition::Status(status) => format!("((status = {}) IS TRUE)", self.arg(user_status(*status))),
            Condition::Text(field, how, text) => {
                let column = match field {
                    TextField::DisplayName => "name_key",
                    TextField::Email => "email_key",
                };
                let text = text.to_lowercase();
                match how {
                    TextMatch::Equals => format!("({column} = {})", self.arg(text)),
                    _ => format!("({column} LIKE {} ESCAPE '\\')", self.arg(pattern(*how, &text))),
                }
            }
            Condition::Time(field, how, time) => {
                let column = match field {
                    TimeField::Created => "created_at",
                    TimeField::StateChanged => "state_changed_at",
                    TimeField::Deleted => "deleted_at",
                };
                let sign = match how {
                    TimeMatch::Before => "<",
                    TimeMatch::AtOrBefore => "<=",
                    TimeMatch::After => ">",
                    TimeMatch::AtOrAfter => ">=",
                };
                format!("(({column} {sign} {}) IS TRUE)", self.arg(*time))
            }
        }
    }

    fn joined(&mut self, parts: &[Condition], with: &str, none: &str) -> String {
        let parts: Vec<String> = parts.iter().map(|part| self.condition(part)).collect();
        if parts.is_empty() { none.to_owned() } else { format!("({})", parts.join(with)) }
    }
}

fn pattern(how: TextMatch, text: &str) -> String {
    let mut literal = String::with_capacity(text.len() + 2);
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            literal.push('\\');
        }
        literal.push(c);
    }
    let open = |end: bool| if end { "%" } else { "" };
    let (front, back) = match how {
        TextMatch::Equals => (false, false),
        TextMatch::StartsWith => (false, true),
        TextMatch::EndsWith => (true, false),
        TextMatch::Contains => (true, true),
    };
    format!("{}{literal}{}", open(front), open(back))
}
