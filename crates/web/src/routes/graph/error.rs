//! Refusals in Graph's shape: `error.code`, `error.message`, `error.innerError` with date and request id. Codes that Graph
//! has are Graph's; the others are ours, and stable.

use crate::api::Problem;
use crate::routes::admin_api::failure::shaped;
use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use serde_json::json;

/// Gives every error answer its shape.
pub(super) async fn as_graph_error(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse, Error> {
    shaped(request, next, |problem| ("application/json", serde_json::to_string(&shape(problem)))).await
}

fn shape(problem: &Problem) -> serde_json::Value {
    let inner = match problem.existing {
        Some(existing) => json!({"request-id": problem.reference, "existingUserId": existing}),
        None => json!({"request-id": problem.reference}),
    };
    json!({"error": {"code": code(&problem.code), "message": problem.detail, "innerError": inner}})
}

fn code(ours: &str) -> &str {
    match ours {
        "malformed_request" | "invalid" | "unsupported_media_type" => "BadRequest",
        "invalid_token" => "InvalidAuthenticationToken",
        "insufficient_scope" => "Authorization_RequestDenied",
        "not_found" => "Request_ResourceNotFound",
        "method_not_allowed" => "MethodNotAllowed",
        "conflict" => "Conflict",
        "version_mismatch" => "PreconditionFailed",
        "too_large" => "RequestEntityTooLarge",
        "too_many_requests" => "TooManyRequests",
        "internal" => "InternalServerError",
        "unavailable" => "ServiceUnavailable",
        other => other,
    }
}
