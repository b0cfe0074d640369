//! Query options of collections (`OData` v4, as far as Graph has them): which objects, in which order, how many, what of each.

use super::filter;
use crate::routes::admin_api::access::Api;
use crate::routes::admin_api::failure::{MALFORMED, Refused};
use actix_web::HttpResponse;
use hospes_idp::admin::Admin;
use hospes_idp::ports::user_query::UserOrder;
use hospes_idp::ports::{PageRequest, UserQuery};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use url::Url;

/// The most objects Graph gives at once, and how many if nobody says.
const MOST: u32 = 999;
const USUAL: u32 = 100;

/// The options of a request. Others are refused.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Options {
    #[serde(rename = "$filter")]
    filter: Option<String>,
    #[serde(rename = "$orderby")]
    order_by: Option<String>,
    #[serde(rename = "$select")]
    select: Option<String>,
    #[serde(rename = "$top")]
    top: Option<String>,
    #[serde(rename = "$skiptoken")]
    skip_token: Option<String>,
}

impl Options {
    /// Of a collection of people.
    pub(super) fn of_people(api: &Api) -> Result<Self, Refused> {
        api.query().map_err(Refused::malformed)
    }

    /// Of a collection that is listed as it is.
    pub(super) fn of_list(api: &Api) -> Result<Self, Refused> {
        let options = Self::of_people(api)?;
        match (&options.filter, &options.order_by) {
            (None, None) => Ok(options),
            _ => Err(Refused::new(&MALFORMED, "this collection takes $select, $top and $skiptoken")),
        }
    }

    /// Of one object: what of it is wanted.
    pub(super) fn of_one(api: &Api) -> Result<Self, Refused> {
        let options = Self::of_list(api)?;
        match (&options.top, &options.skip_token) {
            (None, None) => Ok(options),
            _ => Err(Refused::new(&MALFORMED, "one object takes $select")),
        }
    }

    /// The people who are wanted, in their order.
    pub(super) fn people(&self) -> Result<UserQuery, Refused> {
        let bad = |cause| Refused::new(&MALFORMED, cause);
        let condition = self.filter.as_deref().map(filter::parse).transpose().map_err(bad)?;
        let (order, descending) = match &self.order_by {
            Some(text) => order(text).ok_or_else(|| {
                bad("$orderby takes displayName, mail, userPrincipalName or createdDateTime, then asc or desc"
                    .to_owned())
            })?,
            None => (UserOrder::default(), false),
        };
        Ok(UserQuery { condition: condition.unwrap_or_default(), order, descending, deleted: false })
    }

    /// What is wanted of each object; `None`: everything.
    pub(super) fn selected(&self, known: &[&str]) -> Result<Option<Vec<String>>, Refused> {
        let Some(select) = &self.select else { return Ok(None) };
        let names: Vec<String> = select.split(',').map(|name| name.trim().to_owned()).collect();
        match names.iter().find(|name| !known.contains(&name.as_str())) {
            Some(unknown) => {
                Err(Refused::new(&MALFORMED, format!("$select names {unknown}, which is no property here")))
            }
            None => Ok(Some(names)),
        }
    }

    pub(super) fn page(&self, api: &Api, admin: &Admin<'_>) -> Result<PageRequest, Refused> {
        let size = match self.top.as_deref().map(str::parse) {
            None => USUAL,
            Some(Ok(top)) if (1..=MOST).contains(&top) => top,
            Some(_) => return Err(Refused::new(&MALFORMED, format!("$top must be 1 to {MOST}"))),
        };
        let key = |token: &String| admin.key_of(&self.list(api), token);
        let after = self.skip_token.as_ref().map(key).transpose();
        let after = after
            .map_err(|_| Refused::new(&MALFORMED, "$skiptoken must come from the @odata.nextLink before"));
        Ok(PageRequest { after: after?, size })
    }

    /// One page of a collection as Graph shows it.
    pub(super) fn found(
        &self,
        (api, admin): (&Api, &Admin<'_>),
        kind: &str,
        (value, next): (Vec<Value>, Option<String>),
    ) -> HttpResponse {
        let mut body = Map::new();
        body.insert("@odata.context".to_owned(), json!(context(api, kind)));
        if let Some(key) = next {
            let link = self.next_link(api, &admin.cursor(&self.list(api), &key));
            body.insert("@odata.nextLink".to_owned(), json!(link));
        }
        body.insert("value".to_owned(), Value::Array(value));
        HttpResponse::Ok().json(body)
    }

    fn next_link(&self, api: &Api, token: &str) -> String {
        let options = [
            ("$filter", self.filter.as_deref()),
            ("$orderby", self.order_by.as_deref()),
            ("$select", self.select.as_deref()),
            ("$top", self.top.as_deref()),
            ("$skiptoken", Some(token)),
        ];
        let options = options.into_iter().filter_map(|(name, value)| Some((name, value?)));
        let here = address(api, below(api));
        Url::parse_with_params(&here, options).map_or(here, String::from)
    }

    /// What a cursor belongs to.
    fn list(&self, api: &Api) -> String {
        let (filter, order) = (self.filter.as_deref(), self.order_by.as_deref());
        format!("{}?{}&{}", api.path(), filter.unwrap_or_default(), order.unwrap_or_default())
    }
}

fn order(text: &str) -> Option<(UserOrder, bool)> {
    let mut words = text.split_whitespace();
    let order = match words.next()? {
        "displayName" => UserOrder::DisplayName,
        "mail" | "userPrincipalName" => UserOrder::Email,
        "createdDateTime" => UserOrder::Created,
        _ => return None,
    };
    let descending = match words.next() {
        None | Some("asc") => false,
        Some("desc") => true,
        Some(_) => return None,
    };
    words.next().is_none().then_some((order, descending))
}

/// An object, or what was selected of it.
pub(super) fn projected(object: Map<String, Value>, selected: Option<&[String]>) -> Value {
    let is_wanted = |name: &String| selected.is_none_or(|names| names.contains(name));
    Value::Object(object.into_iter().filter(|(name, _)| is_wanted(name)).collect())
}

/// One object, with its context.
pub(super) fn single(api: &Api, kind: &str, object: Value) -> Value {
    let mut body = json!({"@odata.context": context(api, &format!("{kind}/$entity"))});
    if let (Some(body), Value::Object(object)) = (body.as_object_mut(), object) {
        body.extend(object);
    }
    body
}

fn context(api: &Api, kind: &str) -> String {
    address(api, &format!("/v1.0/$metadata#{kind}"))
}

fn address(api: &Api, below: &str) -> String {
    api.site.idp().issuer(&api.site.tenant).join(below)
}

fn below(api: &Api) -> &str {
    api.path().find("/v1.0").and_then(|at| api.path().get(at..)).unwrap_or_default()
}
