//! Permissions that were asked for, and what was granted for longer than once.

use rusqlite::{Connection, Row, ToSql, named_params, params};

use super::rows::{GrantRow, GrantScope, PermissionChange, PermissionRow, Resolution};
use crate::ids::SessionId;

const INSERT: &str = "INSERT INTO permissions (id, session_id, turn_id, body, created_at) \
     VALUES (:id, :session_id, :turn_id, :body, :created_at)";

/// Also where it was never stored, since the history could not be written then.
const RESOLVE: &str = "UPDATE permissions SET resolved_at = ?2, outcome = ?3, resolved_by = ?4 \
     WHERE id = ?1 AND resolved_at IS NULL";

pub(super) const OPEN: &str = "SELECT * FROM permissions WHERE session_id = ?1 AND resolved_at IS NULL ORDER BY id";

const ALL: &str = "SELECT * FROM permissions WHERE session_id = ?1 ORDER BY id";

const GRANT: &str = "INSERT INTO grants (session_id, project, body, created_at) VALUES (?1, ?2, ?3, ?4) \
     ON CONFLICT DO NOTHING";

pub(super) const GRANTS_OF_SESSION: &str = "SELECT body FROM grants WHERE session_id = ?1";

pub(super) const REVOKE_IN_SESSION: &str = "DELETE FROM grants WHERE session_id = ?1 AND body = ?2";

pub(super) const REVOKE_IN_PROJECT: &str = "DELETE FROM grants WHERE project = ?1 AND body = ?2";

pub(super) const GRANTS_OF_PROJECT: &str = "SELECT body FROM grants WHERE project = ?1";

/// Writes that a permission is asked for, or what became of it.
pub(super) fn change(db: &Connection, change: &PermissionChange) -> rusqlite::Result<()> {
    match change {
        PermissionChange::Asked(row) => insert(db, row, None),
        PermissionChange::Resolved { id, at, outcome, by } => {
            db.prepare_cached(RESOLVE)?.execute(params![id, at, outcome, by]).map(drop)
        }
    }
}

/// Writes that a permission was asked for, and what became of it if that is known.
pub(super) fn insert(db: &Connection, row: &PermissionRow, resolution: Option<&Resolution>) -> rusqlite::Result<()> {
    db.prepare_cached(INSERT)?.execute(named_params! {
        ":id": row.id,
        ":session_id": row.session_id,
        ":turn_id": row.turn_id,
        ":body": row.body,
        ":created_at": row.created_at,
    })?;
    if let Some(Resolution { at, outcome, by }) = resolution {
        db.prepare_cached(RESOLVE)?.execute(params![row.id, at, outcome, by])?;
    }
    Ok(())
}

/// All that was asked in a session, oldest first, and what became of it.
pub(super) fn all(db: &Connection, session: SessionId) -> rusqlite::Result<Vec<(PermissionRow, Option<Resolution>)>> {
    let read = |row: &Row<'_>| Ok((read(row)?, resolution(row)?));
    db.prepare_cached(ALL)?.query_map([session], read)?.collect()
}

/// The permissions of a session that wait for an answer, oldest first.
pub(super) fn open(db: &Connection, session: SessionId) -> rusqlite::Result<Vec<PermissionRow>> {
    db.prepare_cached(OPEN)?.query_map([session], read)?.collect()
}

/// Keeps a grant; one that is there already stays as it is.
pub(super) fn grant(db: &Connection, row: &GrantRow) -> rusqlite::Result<()> {
    let (session, project) = match &row.scope {
        GrantScope::Session(id) => (Some(*id), None),
        GrantScope::Project(folder) => (None, Some(folder)),
    };
    db.prepare_cached(GRANT)?.execute(params![session, project, row.body, row.created_at])?;
    Ok(())
}

/// What was granted to a session, and to the folder that it works in.
pub(super) fn grants(db: &Connection, session: SessionId, project: &str) -> rusqlite::Result<Vec<String>> {
    let mut bodies: Vec<String> =
        db.prepare_cached(GRANTS_OF_PROJECT)?.query_map([project], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let mut of_session = db.prepare_cached(GRANTS_OF_SESSION)?;
    for body in of_session.query_map([session], |row| row.get(0))? {
        bodies.push(body?);
    }
    Ok(bodies)
}

/// What was granted to a session alone.
pub(super) fn grants_of_session(db: &Connection, session: SessionId) -> rusqlite::Result<Vec<GrantRow>> {
    let sql = "SELECT body, created_at FROM grants WHERE session_id = ?1 ORDER BY number";
    let read = |row: &Row<'_>| {
        Ok(GrantRow { scope: GrantScope::Session(session), body: row.get(0)?, created_at: row.get(1)? })
    };
    db.prepare_cached(sql)?.query_map([session], read)?.collect()
}

/// All that was granted, the oldest first.
pub(super) fn all_grants(db: &Connection) -> rusqlite::Result<Vec<GrantRow>> {
    let sql = "SELECT session_id, project, body, created_at FROM grants ORDER BY number";
    let read = |row: &Row<'_>| {
        let scope = match row.get("session_id")? {
            Some(id) => GrantScope::Session(id),
            None => GrantScope::Project(row.get("project")?),
        };
        Ok(GrantRow { scope, body: row.get("body")?, created_at: row.get("created_at")? })
    };
    db.prepare_cached(sql)?.query_map([], read)?.collect()
}

/// Removes a grant; says how many were there.
pub(super) fn revoke(db: &Connection, row: &GrantRow) -> rusqlite::Result<usize> {
    let (sql, scope): (_, &dyn ToSql) = match &row.scope {
        GrantScope::Session(id) => (REVOKE_IN_SESSION, id),
        GrantScope::Project(folder) => (REVOKE_IN_PROJECT, folder),
    };
    db.prepare_cached(sql)?.execute(params![scope, row.body])
}

fn resolution(row: &Row<'_>) -> rusqlite::Result<Option<Resolution>> {
    let Some(at) = row.get("resolved_at")? else { return Ok(None) };
    Ok(Some(Resolution { at, outcome: row.get("outcome")?, by: row.get("resolved_by")? }))
}

fn read(row: &Row<'_>) -> rusqlite::Result<PermissionRow> {
    Ok(PermissionRow {
        id: row.get("id")?,
        session_id: row.get("session_id")?,
        turn_id: row.get("turn_id")?,
        body: row.get("body")?,
        created_at: row.get("created_at")?,
    })
}
