//! Typed access to the headers of a message.

use super::{HeaderError, Message, StartLine, Value};
use crate::header::{
    CSeq, Contacts, MediaType, Name, NameAddr, RAck, Reason, RetryAfter, SessionExpires, Via,
};
use crate::header::{call_id, seconds};
use crate::token::{decimal, decimal_u32};
use crate::uri::{UriError, UriRef};

impl Message {
    /// The Request-URI. A response has none.
    pub fn uri(&self) -> Result<UriRef<'_>, UriError> {
        match self.start {
            StartLine::Request { uri, .. } => UriRef::parse(uri.of(&self.bytes)),
            StartLine::Response { .. } => Err(UriError),
        }
    }

    fn required(&self, name: Name<'_>) -> Result<Value<'_>, HeaderError> {
        self.value(name).ok_or(HeaderError::missing(name))
    }

    fn number(&self, name: Name<'_>) -> Result<Option<u32>, HeaderError> {
        let read =
            |value: Value<'_>| decimal_u32(value.bytes()).ok_or(HeaderError::malformed(name));
        self.value(name).map(read).transpose()
    }

    /// The topmost Via.
    pub fn via(&self) -> Result<Via<'_>, HeaderError> {
        let top = self.required(Name::Via)?.elements().next();
        Via::parse(top.ok_or(HeaderError::malformed(Name::Via))?)
    }

    /// Every Via, topmost first.
    pub fn vias(&self) -> impl Iterator<Item = Result<Via<'_>, HeaderError>> {
        self.elements(Name::Via).map(Via::parse)
    }

    /// From.
    pub fn from(&self) -> Result<NameAddr<'_>, HeaderError> {
        NameAddr::parse_party(Name::From, self.required(Name::From)?)
    }

    /// To.
    pub fn to(&self) -> Result<NameAddr<'_>, HeaderError> {
        NameAddr::parse_party(Name::To, self.required(Name::To)?)
    }

    /// CSeq.
    pub fn cseq(&self) -> Result<CSeq<'_>, HeaderError> {
        CSeq::parse(self.required(Name::CSeq)?)
    }

    /// Call-ID; it is compared by bytes.
    pub fn call_id(&self) -> Result<&[u8], HeaderError> {
        call_id(self.required(Name::CallId)?)
    }

    /// The first Contact.
    pub fn contact(&self) -> Result<NameAddr<'_>, HeaderError> {
        let first = self
            .elements(Name::Contact)
            .next()
            .ok_or(HeaderError::missing(Name::Contact))?;
        NameAddr::parse(Name::Contact, first)
    }

    /// Every Contact.
    pub fn contacts(&self) -> Result<Contacts<'_>, HeaderError> {
        Contacts::collect(self.elements(Name::Contact))
    }

    /// Every element of Route, Record-Route, Path, Service-Route or another list of name-addr.
    pub fn addresses<'a, 'n>(
        &'a self,
        name: Name<'n>,
    ) -> impl Iterator<Item = Result<NameAddr<'a>, HeaderError>> + use<'a, 'n> {
        self.elements(name)
            .map(move |element| NameAddr::parse(name, element))
    }

    /// Max-Forwards, 0–255 (RFC 3261 §20.22).
    pub fn max_forwards(&self) -> Result<Option<u8>, HeaderError> {
        let read =
            |value: Value<'_>| decimal(value.bytes()).and_then(|hops| u8::try_from(hops).ok());
        let malformed = HeaderError::malformed(Name::MaxForwards);
        self.value(Name::MaxForwards)
            .map(|value| read(value).ok_or(malformed))
            .transpose()
    }

    /// Expires in seconds.
    pub fn expires(&self) -> Result<Option<u32>, HeaderError> {
        self.number(Name::Expires)
    }

    /// Min-Expires in seconds.
    pub fn min_expires(&self) -> Result<Option<u32>, HeaderError> {
        self.number(Name::MinExpires)
    }

    /// Session-Expires.
    pub fn session_expires(&self) -> Result<Option<SessionExpires>, HeaderError> {
        self.value(Name::SessionExpires)
            .map(SessionExpires::parse)
            .transpose()
    }

    /// Min-SE in seconds (RFC 4028 §5).
    pub fn min_se(&self) -> Result<Option<u32>, HeaderError> {
        self.value(Name::MinSe)
            .map(|value| seconds(Name::MinSe, value))
            .transpose()
    }

    /// RSeq (RFC 3262 §7.1).
    pub fn rseq(&self) -> Result<Option<u32>, HeaderError> {
        self.number(Name::RSeq)
    }

    /// RAck.
    pub fn rack(&self) -> Result<RAck<'_>, HeaderError> {
        RAck::parse(self.required(Name::RAck)?)
    }

    /// Content-Type.
    pub fn content_type(&self) -> Result<Option<MediaType<'_>>, HeaderError> {
        let read = |value| MediaType::parse(Name::ContentType, value);
        self.value(Name::ContentType).map(read).transpose()
    }

    /// Retry-After.
    pub fn retry_after(&self) -> Result<Option<RetryAfter<'_>>, HeaderError> {
        self.value(Name::RetryAfter)
            .map(RetryAfter::parse)
            .transpose()
    }

    /// Every Reason.
    pub fn reasons(&self) -> impl Iterator<Item = Result<Reason<'_>, HeaderError>> {
        self.elements(Name::Reason).map(Reason::parse)
    }

    /// Tells whether a list of options or methods (Require, Supported, Unsupported, Allow) holds that one. Options are
    /// compared without regard to case, as phones write them.
    pub fn lists(&self, name: Name<'_>, option: &str) -> bool {
        self.elements(name)
            .any(|element| element.eq_ignore_case(option.as_bytes()))
    }
}
