//! npm `openid-client`, a certified client library with its strict defaults, as an application of harbor.
