//! What claude-bridge does, seen from outside: the built binary over pipes, with a scripted CLI or the real one.

#![cfg(test)]

#[path = "../support/mod.rs"]
mod support;

mod architecture;
mod audience;
mod bad_input;
mod chat;
mod chat_asks;
mod commands;
mod control;
mod demo;
mod demo_frames;
mod doctor;
mod drain;
mod events;
mod export;
mod faults;
mod following;
mod fork;
mod golden;
mod history;
mod import;
mod life;
mod messages;
mod old_histories;
mod optuna;
mod ownership;
mod permissions;
mod privacy;
mod progress;
mod protocol;
mod real_cli;
mod schema;
mod search;
mod sessions;
mod sessions_command;
mod starts;
mod store_trouble;
mod studies;
mod subscribe;
mod takeover;
mod tools;
mod two_clients;
mod usage;
