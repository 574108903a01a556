//! The SCIM error: what went wrong, its HTTP status and its `scimType` (RFC 7644 §3.12, RFC 9865 §2.1).

/// What went wrong. Each kind has exactly one HTTP status and at most one `scimType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// 400 `invalidFilter`: the filter does not parse, or compares what cannot be compared.
    InvalidFilter,
    /// 400 `tooMany`: the answer would need more candidates than the server may read.
    TooMany,
    /// 409 `uniqueness`: another resource has this value.
    Uniqueness,
    /// 409 without a `scimType`: what the request refers to cannot be had.
    Conflict,
    /// 400 `mutability`: a readOnly or immutable attribute would change.
    Mutability,
    /// 400 `invalidSyntax`: the body is not the message it should be.
    InvalidSyntax,
    /// 400 `invalidPath`: the path of a PATCH operation does not parse or names no attribute.
    InvalidPath,
    /// 400 `noTarget`: the path of a PATCH operation selects no value.
    NoTarget,
    /// 400 `invalidValue`: a value is missing or of the wrong type.
    InvalidValue,
    /// 400 `invalidVers`: the protocol version in the URL is not served.
    InvalidVersion,
    /// 400 `invalidCursor`: the cursor was not given out for this query.
    InvalidCursor,
    /// 400 `expiredCursor`: the cursor is too old.
    ExpiredCursor,
    /// 400 `invalidCount`: with a cursor, `count` is no whole number.
    InvalidCount,
    /// 403 `sensitive`: the request would put personal data into a URL.
    Sensitive,
    /// 401: no credentials, or wrong ones.
    Unauthorized,
    /// 403: the credentials do not allow this.
    Forbidden,
    /// 404: no such resource or URL.
    NotFound,
    /// 405: the URL exists, the method is not served there.
    MethodNotAllowed,
    /// 408: the body did not arrive in time.
    RequestTimeout,
    /// 412: the version in `If-Match` is not the present one.
    PreconditionFailed,
    /// 413: the body, or the number of operations, is over a published limit.
    TooLarge,
    /// 415: the media type of the body is not JSON.
    UnsupportedMediaType,
    /// 429: over the rate limit.
    TooManyRequests,
    /// 500: the fault is the server's; the caller learns nothing but a request id.
    Internal,
    /// 501: the protocol defines it, this server does not offer it.
    NotImplemented,
    /// 503: not now; the caller should try again.
    Unavailable,
}

impl ErrorKind {
    /// The HTTP status code.
    pub fn status(self) -> u16 {
        match self {
            Self::InvalidFilter
            | Self::TooMany
            | Self::Mutability
            | Self::InvalidSyntax
            | Self::InvalidPath
            | Self::NoTarget
            | Self::InvalidValue
            | Self::InvalidVersion
            | Self::InvalidCursor
            | Self::ExpiredCursor
            | Self::InvalidCount => 400,
            Self::Unauthorized => 401,
            Self::Forbidden | Self::Sensitive => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::RequestTimeout => 408,
            Self::Uniqueness | Self::Conflict => 409,
            Self::PreconditionFailed => 412,
            Self::TooLarge => 413,
            Self::UnsupportedMediaType => 415,
            Self::TooManyRequests => 429,
            Self::Internal => 500,
            Self::NotImplemented => 501,
            Self::Unavailable => 503,
        }
    }

    /// The `scimType` of RFC 7644 §3.12 Table 9 or RFC 9865 §2.1, where one is defined.
    pub fn scim_type(self) -> Option<&'static str> {
        match self {
            Self::InvalidFilter => Some("invalidFilter"),
            Self::TooMany => Some("tooMany"),
            Self::Uniqueness => Some("uniqueness"),
            Self::Mutability => Some("mutability"),
            Self::InvalidSyntax => Some("invalidSyntax"),
            Self::InvalidPath => Some("invalidPath"),
            Self::NoTarget => Some("noTarget"),
            Self::InvalidValue => Some("invalidValue"),
            Self::InvalidVersion => Some("invalidVers"),
            Self::InvalidCursor => Some("invalidCursor"),
            Self::ExpiredCursor => Some("expiredCursor"),
            Self::InvalidCount => Some("invalidCount"),
            Self::Sensitive => Some("sensitive"),
            Self::Unauthorized
            | Self::Forbidden
            | Self::Conflict
            | Self::NotFound
            | Self::MethodNotAllowed
            | Self::RequestTimeout
            | Self::PreconditionFailed
            | Self::TooLarge
            | Self::UnsupportedMediaType
            | Self::TooManyRequests
            | Self::Internal
            | Self::NotImplemented
            | Self::Unavailable => None,
        }
    }
}

/// A refusal: its kind and a sentence that tells the caller what to mend.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Error {
    /// What went wrong.
    pub kind: ErrorKind,
    /// What the caller reads; never empty, never a secret, never an internal name.
    pub detail: String,
}

/// What every function of this floor returns.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error of `kind` that says `detail` to the caller.
    pub fn new(kind: ErrorKind, detail: impl Into<String>) -> Self {
        Self {
            kind,
            detail: detail.into(),
        }
    }

    /// 400 `invalidSyntax`.
    pub fn syntax(detail: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidSyntax, detail)
    }

    /// 400 `invalidValue`.
    pub fn value(detail: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidValue, detail)
    }

    /// 400 `invalidFilter`.
    pub fn filter(detail: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidFilter, detail)
    }

    /// 400 `invalidPath`.
    pub fn path(detail: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidPath, detail)
    }

    /// 400 `mutability`.
    pub fn mutability(detail: impl Into<String>) -> Self {
        Self::new(ErrorKind::Mutability, detail)
    }

    /// 400 `noTarget`.
    pub fn no_target(detail: impl Into<String>) -> Self {
        Self::new(ErrorKind::NoTarget, detail)
    }

    /// 404.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(ErrorKind::NotFound, detail)
    }
}
