//! The methods of the server: one line each, from which it is served, called and described.

use std::future::Future;
use std::sync::LazyLock;

use jsonrpsee::types::{ErrorObjectOwned, Id, Params};
use jsonrpsee::{ConnectionId, Extensions, MethodCallback, RpcModule};
use schemars::{Schema, SchemaGenerator};
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::context::Context;
use super::method::Method;
use super::methods::{control, health, mcp, message, permission, search, session, study, subscription, usage};
use super::reply::{Reply, error_object};
use crate::error::{Error, ErrorKind, Result};

/// The methods of a server.
#[derive(Debug)]
pub struct Table {
    methods: RpcModule<()>,
    descriptions: Vec<Description>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    Table::new()
        .with::<session::SessionCreate, _>(session::create)
        .with::<session::SessionGet, _>(session::get)
        .with::<session::SessionList, _>(session::list)
        .with::<control::SessionSetMode, _>(control::set_mode)
        .with::<control::SessionSetModel, _>(control::set_model)
        .with::<study::SessionSetStudy, _>(study::set_study)
        .with::<session::SessionRename, _>(session::rename)
        .with::<session::SessionFork, _>(session::fork)
        .with::<session::SessionInterrupt, _>(session::interrupt)
        .with::<control::SessionCompact, _>(control::compact)
        .with::<control::SessionCapabilities, _>(control::capabilities)
        .with::<control::SessionContextUsage, _>(control::context_usage)
        .with::<session::SessionClose, _>(session::close)
        .with::<session::SessionDelete, _>(session::delete)
        .with::<subscription::SessionSubscribe, _>(subscription::subscribe)
        .with::<subscription::SessionUnsubscribe, _>(subscription::unsubscribe)
        .with::<session::SessionExport, _>(session::export)
        .with::<session::SessionImport, _>(session::import)
        .with::<message::MessageSend, _>(message::send)
        .with::<message::MessageList, _>(message::list)
        .with::<search::MessageSearch, _>(search::search)
        .with::<usage::UsageSummary, _>(usage::summary)
        .with::<study::StudyList, _>(study::list)
        .with::<study::StudyGet, _>(study::get)
        .with::<permission::PermissionList, _>(permission::list)
        .with::<permission::PermissionAnswer, _>(permission::answer)
        .with::<permission::PermissionGrants, _>(permission::grants)
        .with::<permission::PermissionRevoke, _>(permission::revoke)
        .with::<mcp::McpStatus, _>(mcp::status)
        .with::<health::BridgeHealth, _>(health::health)
});

/// The methods of the protocol, in its order.
#[must_use]
pub fn descriptions() -> &'static [Description] {
    &TABLE.descriptions
}

/// What there is to know about a method without calling it.
#[derive(Clone, Copy, Debug)]
pub struct Description {
    /// Its name on the wire.
    pub name: &'static str,
    /// What it does, in a line.
    pub summary: &'static str,
    /// What can go wrong in it, beside what can with every method.
    pub errors: &'static [ErrorKind],
    /// The schema of its parameters, a reference into the generator's definitions.
    pub params: fn(&mut SchemaGenerator) -> Schema,
    /// The schema of its result, a reference into the generator's definitions.
    pub result: fn(&mut SchemaGenerator) -> Schema,
}

/// A handler of the method `M`.
pub(super) trait Handler<M: Method>: Clone + Send + Sync + 'static {
    /// Answers one request. Up to its first await it runs in the reader's thread.
    fn call(self, params: M::Params, context: Context) -> impl Future<Output = Result<M::Result>> + Send;
}

impl<M, F, Answer> Handler<M> for F
where
    M: Method,
    F: FnOnce(M::Params, Context) -> Answer + Clone + Send + Sync + 'static,
    Answer: Future<Output = Result<M::Result>> + Send,
{
    fn call(self, params: M::Params, context: Context) -> impl Future<Output = Result<M::Result>> + Send {
        self(params, context)
    }
}

impl Table {
    /// The methods of the protocol.
    pub(super) fn of_the_protocol() -> &'static Self {
        &TABLE
    }

    pub(super) fn new() -> Self {
        Self { methods: RpcModule::new(()), descriptions: Vec::new() }
    }

    /// Adds a method.
    ///
    /// # Panics
    /// If there is one of that name, which is a mistake in the table above.
    pub(super) fn with<M: Method, H: Handler<M>>(mut self, handler: H) -> Self {
        let added = self.methods.register_async_method(M::NAME, move |params, _, extensions| {
            let handler = handler.clone();
            async move { answer::<M, H>(handler, &params, &extensions).await.map_err(|error| to_jsonrpsee(&error)) }
        });
        assert!(added.is_ok(), "two methods have the name {}", M::NAME);
        self.descriptions.push(Description {
            name: M::NAME,
            summary: M::SUMMARY,
            errors: M::ERRORS,
            params: |generator| generator.subschema_for::<M::Params>(),
            result: |generator| generator.subschema_for::<M::Result>(),
        });
        self
    }

    /// The names of the methods.
    pub(super) fn names(&self) -> Vec<String> {
        self.descriptions.iter().map(|method| method.name.to_owned()).collect()
    }

    /// Calls a method; `None` if there is none of that name. Nothing runs before the future is polled.
    pub(super) fn call(
        &self,
        method: &str,
        params: Option<&RawValue>,
        context: Context,
    ) -> Option<impl Future<Output = Reply> + Send + use<>> {
        let MethodCallback::Async(callback) = self.methods.method(method)?.clone() else { return None };
        let params = Params::new(params.map(RawValue::get)).into_owned();
        let mut extensions = Extensions::new();
        extensions.insert(context);
        Some(
            async move { Reply::Table(callback(Id::Null, params, ConnectionId::default(), usize::MAX, extensions).await) },
        )
    }
}

async fn answer<M: Method, H: Handler<M>>(
    handler: H,
    params: &Params<'_>,
    extensions: &Extensions,
) -> Result<M::Result> {
    let params = decode::<M::Params>(M::NAME, params.as_str())?;
    let context = extensions.get::<Context>().ok_or_else(|| Error::internal("the request has no context"))?;
    handler.call(params, context.clone()).await
}

fn decode<P: DeserializeOwned>(method: &str, params: Option<&str>) -> Result<P> {
    // Without this, an array would be read as the fields in the order of their definition.
    if params.is_some_and(|params| params.starts_with('[')) {
        return Err(Error::invalid_params(format!("the params of {method} are an array"))
            .hint("send an object with the parameters by name"));
    }
    let mut reader = serde_json::Deserializer::from_str(params.unwrap_or("{}"));
    serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        // A field that is missing is at the top, and named by what is said of it.
        let at = if error.path().iter().next().is_some() { format!("{}: ", error.path()) } else { String::new() };
        Error::invalid_params(format!("the params of {method}: {at}{}", error.inner()))
    })
}

fn to_jsonrpsee(error: &Error) -> ErrorObjectOwned {
    let error = error_object(error);
    ErrorObjectOwned::owned(error.code, error.message, Some(error.data))
}
