//! [`TenancyService`]: one request through the layer.
//!
//! Most requests are decided without waiting: the keys are known, the store was asked a moment ago. Such a request goes on to
//! the service behind in the same call, without a box for waiting and without a copy of that service.

use std::fmt;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Request, Response};
use pin_project_lite::pin_project;
use tower_service::Service;
use tracing::Span;

use crate::TenantToken;
use crate::http::body::TenancyBody;
use crate::http::layer::Settings;
use crate::http::outcome::{Answer, Outcome};
use crate::http::problem::Problem;
use crate::http::subject::Sanitized;

/// A service behind a [`TenancyLayer`](crate::http::TenancyLayer).
#[derive(Debug, Clone)]
pub struct TenancyService<S> {
    inner: S,
    settings: Arc<Settings>,
}

impl<S> TenancyService<S> {
    pub(super) fn new(inner: S, settings: Arc<Settings>) -> Self {
        Self { inner, settings }
    }
}

impl<S, B, R> Service<Request<B>> for TenancyService<S>
where
    S: Service<Request<B>, Response = Response<R>> + Clone,
    R: http_body::Body<Data = Bytes>,
{
    type Response = Response<TenancyBody<R>>;
    type Error = S::Error;
    type Future = TenancyFuture<S, B>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> TenancyFuture<S, B> {
        let settings = Arc::clone(&self.settings);
        let claim =
            match settings.claim(request.method(), request.uri(), request.headers(), request.extensions()) {
                Ok(None) => return self.go_on(request, Answer::Anonymous),
                Err(problem) => return self.go_on(request, Answer::refused(problem)),
                Ok(Some(claim)) => claim,
            };
        if settings.answers_at_once(&claim) {
            let at_once = pin!(settings.answer(&claim)).poll(&mut Context::from_waker(Waker::noop()));
            if let Poll::Ready(answer) = at_once {
                return self.go_on(request, answer);
            }
        }
        // The one that was told that it is ready is the one that is called.
        let inner = self.inner.clone();
        let ready =
            Self { inner: std::mem::replace(&mut self.inner, inner), settings: Arc::clone(&settings) };
        let answer = Box::pin(async move { settings.answer(&claim).await });
        TenancyFuture { state: State::Waiting { answer, held: Some((ready, request)) } }
    }
}

impl<S> TenancyService<S> {
    /// Lays the answer into the request and calls the service behind, unless a token is required and there is none.
    fn go_on<B, R>(&mut self, mut request: Request<B>, answer: Answer) -> TenancyFuture<S, B>
    where
        S: Service<Request<B>, Response = Response<R>>,
    {
        if self.settings.required {
            let token = answer.token().and_then(|token| token.ok_or(Problem::NO_CREDENTIAL));
            if let Err(problem) = token {
                return TenancyFuture { state: State::Refused { problem, grpc: is_grpc(request.headers()) } };
            }
        }
        let token = answer.token().ok().flatten().cloned();
        let span = token.as_ref().map_or_else(Span::none, span);
        let outcome = Outcome { answer, settings: Arc::clone(&self.settings) };
        request.extensions_mut().insert(outcome);
        let response = span.in_scope(|| self.inner.call(request));
        TenancyFuture { state: State::Calling { response, token, span } }
    }
}

/// Around everything that happens for a request.
fn span(token: &TenantToken) -> Span {
    tracing::info_span!(
        target: "tenancy",
        "tenant",
        tenant = %token.tenant(),
        subject = %Sanitized(token.subject()),
    )
}

fn is_grpc(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).is_some_and(|value| value.as_bytes().starts_with(b"application/grpc"))
}

type Waiting = Pin<Box<dyn Future<Output = Answer> + Send>>;

pin_project! {
    /// The response of a [`TenancyService`].
    pub struct TenancyFuture<S, B>
    where
        S: Service<Request<B>>,
    {
        #[pin]
        state: State<S, B>,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<S, B>
    where
        S: Service<Request<B>>,
    {
        Waiting { answer: Waiting, held: Option<(TenancyService<S>, Request<B>)> },
        Calling { #[pin] response: S::Future, token: Option<TenantToken>, span: Span },
        Refused { problem: Problem, grpc: bool },
    }
}

impl<S, B, R> Future for TenancyFuture<S, B>
where
    S: Service<Request<B>, Response = Response<R>>,
    R: http_body::Body<Data = Bytes>,
{
    type Output = Result<Response<TenancyBody<R>>, S::Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            let next = match self.as_mut().project().state.project() {
                StateProjection::Waiting { answer, held } => {
                    let answer = ready!(answer.as_mut().poll(cx));
                    let (mut service, request) = held.take().expect("polled until it was ready");
                    service.go_on(request, answer).state
                }
                StateProjection::Calling { response, token, span } => {
                    let response = ready!(span.in_scope(|| response.poll(cx)));
                    let token = token.take();
                    return Poll::Ready(
                        response.map(|response| response.map(|body| TenancyBody::new(body, token))),
                    );
                }
                StateProjection::Refused { problem, grpc: true } => {
                    return Poll::Ready(Ok(problem.grpc_response(TenancyBody::problem)));
                }
                StateProjection::Refused { problem, grpc: false } => {
                    return Poll::Ready(Ok(problem.response(TenancyBody::problem)));
                }
            };
            self.as_mut().project().state.set(next);
        }
    }
}

impl<S: Service<Request<B>>, B> fmt::Debug for TenancyFuture<S, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TenancyFuture").finish_non_exhaustive()
    }
}
