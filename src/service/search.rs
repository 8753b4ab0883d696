//! The search through all messages, and the index behind it.

use std::time::{Duration, Instant};

use tokio::time::sleep;

use super::history::{message_of, to_name};
use super::query::{bad_cursor, checked_limit, decode_cursor, encode_cursor};
use super::session::session_not_found;
use crate::error::Result;
use crate::protocol::search::{
    MessageSearchParams, MessageSearchResult, SearchHit, SearchInclude, SearchOrder, SearchedSession,
};
use crate::store::{self, SearchQuery, SearchStart, Store, Terms};

const DEFAULT_LIMIT: u32 = 20;
const MAX_LIMIT: u32 = 200;

/// The shortest pause between two batches of older messages that are indexed.
const PAUSE: Duration = Duration::from_millis(5);

/// A page of the messages that say something.
pub(super) async fn messages(store: &Store, params: &MessageSearchParams) -> Result<MessageSearchResult> {
    let query = query(params)?;
    let page = store.search(query).await?;
    if let Some(session) = params.session_id
        && page.hits.is_empty()
        && store.session(session).await?.is_none()
    {
        return Err(session_not_found(session));
    }
    Ok(MessageSearchResult {
        hits: page.hits.into_iter().map(hit).collect::<Result<_>>()?,
        next_cursor: page.next.map(|start| encode_cursor(&cursor(start))),
        unindexed: (page.unindexed > 0).then_some(page.unindexed),
    })
}

/// Indexes the messages that were written before there was an index, a few at a time, so that others write meanwhile.
pub(super) async fn index_older(store: &Store) -> Result<()> {
    let mut all = 0;
    loop {
        let begun = Instant::now();
        let count = store.index_older().await?;
        if count == 0 {
            break;
        }
        all += count;
        sleep(begun.elapsed().max(PAUSE)).await;
    }
    if all > 0 {
        tracing::info!(messages = all, "messages from before there was an index can be searched");
    }
    Ok(())
}

fn query(params: &MessageSearchParams) -> Result<SearchQuery> {
    let order = match params.order.unwrap_or_default() {
        SearchOrder::Newest => store::SearchOrder::Newest,
        SearchOrder::Best => store::SearchOrder::Best,
    };
    Ok(SearchQuery {
        terms: Terms::parse(&params.query)?,
        order,
        tools: params.include.contains(&SearchInclude::Tools),
        session_id: params.session_id,
        study_id: params.study_id.clone(),
        role: params.role.as_ref().map(to_name).transpose()?,
        since: params.since,
        until: params.until,
        limit: checked_limit(params.limit, DEFAULT_LIMIT, MAX_LIMIT)?,
        after: params.cursor.as_deref().map(|cursor| start(cursor, order)).transpose()?,
    })
}

fn hit(hit: store::SearchHit) -> Result<SearchHit> {
    let message = message_of(hit.message)?;
    // A snippet is short.
    let number = |at| u32::try_from(at).unwrap_or(u32::MAX);
    Ok(SearchHit {
        session: SearchedSession { id: message.session_id, title: hit.title },
        message,
        snippet: hit.snippet.text,
        ranges: hit.snippet.ranges.into_iter().map(|range| [number(range.start), number(range.end)]).collect(),
    })
}

fn cursor(start: SearchStart) -> String {
    match start {
        SearchStart::Newest(position) => position.to_string(),
        SearchStart::Best { ceiling, score, position, weights } => {
            let weights: String = weights.iter().map(|weight| format!(" {}", weight.to_bits())).collect();
            format!("{ceiling} {} {position}{weights}", score.to_bits())
        }
    }
}

fn start(cursor: &str, order: store::SearchOrder) -> Result<SearchStart> {
    let text = decode_cursor(cursor)?;
    let parts: Vec<&str> = text.split(' ').collect();
    let number = |text: &str| text.parse().map_err(|_| bad_cursor(cursor));
    let measure = |text: &str| text.parse().map(f64::from_bits).map_err(|_| bad_cursor(cursor));
    match (order, parts.as_slice()) {
        (store::SearchOrder::Newest, [last]) => Ok(SearchStart::Newest(number(last)?)),
        (store::SearchOrder::Best, [ceiling, score, last, weights @ ..]) => {
            let (ceiling, score, position) = (number(ceiling)?, measure(score)?, number(last)?);
            let weights = weights.iter().map(|weight| measure(weight)).collect::<Result<_>>()?;
            Ok(SearchStart::Best { ceiling, score, position, weights })
        }
        _ => Err(bad_cursor(cursor)),
    }
}
