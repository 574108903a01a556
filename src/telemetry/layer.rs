//! Collects what an event and the spans around it say, and hands it on as one line.

use jiff::Timestamp;
use tracing::Event;
use tracing::Level;
use tracing::Subscriber;
use tracing::span::Attributes;
use tracing::span::Id;
use tracing::span::Record;
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::registry::Scope;

use super::fields::Fields;
use super::line;
use super::line::Parts;
use crate::config::LogFormat;

pub(super) struct Lines<N, W> {
    format: LogFormat,
    now: N,
    sink: W,
}

impl<N, W> Lines<N, W> {
    pub(super) fn new(format: LogFormat, now: N, sink: W) -> Self {
        Self { format, now, sink }
    }
}

impl<S, N, W> Layer<S> for Lines<N, W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: Fn() -> Timestamp + 'static,
    W: Fn(&str, Level) + 'static,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        span.extensions_mut().insert(fields);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(fields) = span.extensions_mut().get_mut::<Fields>() {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        for span in context
            .event_scope(event)
            .into_iter()
            .flat_map(Scope::from_root)
        {
            if let Some(of_span) = span.extensions().get::<Fields>() {
                fields.merge(of_span);
            }
        }
        event.record(&mut fields);
        let metadata = event.metadata();
        let parts = Parts {
            at: (self.now)(),
            level: *metadata.level(),
            target: metadata.target(),
            message: fields.take_message(),
            fields: &fields,
        };
        let line = match self.format {
            LogFormat::Text => line::text(&parts),
            LogFormat::Json => line::json(&parts),
        };
        (self.sink)(&line, parts.level);
    }
}
