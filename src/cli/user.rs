//! `muster user …`.

use super::{Failure, Format, One, Person, UserCommand, output, show};
use crate::service::{Actor, Gateway, NewPerson, User, Who};

pub(super) async fn run(command: &UserCommand, gateway: &Gateway) -> Result<(), Failure> {
    match command {
        UserCommand::List {
            deleted: false,
            filter,
            format,
        } => list(gateway, filter.as_deref(), *format).await,
        UserCommand::List {
            deleted: true,
            filter,
            format,
        } => list_deleted(gateway, filter.as_deref(), *format).await,
        UserCommand::Show(one) => {
            let person = gateway.user_named(&who(&one.person)?).await;
            show::person(&person.map_err(Failure::new)?, one.format)
        }
        UserCommand::Create { format, .. } => create(gateway, command, *format).await,
        UserCommand::Purge { person, yes: _ } => {
            let id = gateway.purge_user(Actor::Cli, &who(person)?).await;
            output::print(&format!("{} removed for good\n", id.map_err(Failure::new)?))
        }
        UserCommand::Activate(one)
        | UserCommand::Deactivate(one)
        | UserCommand::Restore(one)
        | UserCommand::Delete { one, .. }
        | UserCommand::Hold { one, .. }
        | UserCommand::Unhold(one)
        | UserCommand::SetAdmin { one, .. } => change(gateway, command, one).await,
    }
}

/// A change of one person; prints who they are now.
async fn change(gateway: &Gateway, command: &UserCommand, one: &One) -> Result<(), Failure> {
    let (who, cli) = (who(&one.person)?, Actor::Cli);
    let changed = match command {
        UserCommand::Activate(_) => gateway.activate_user(cli, &who).await,
        UserCommand::Deactivate(_) => gateway.deactivate_user(cli, &who).await,
        UserCommand::Restore(_) => gateway.restore_user(cli, &who).await,
        UserCommand::Delete { .. } => gateway.delete_user(cli, &who).await,
        UserCommand::Hold { reason, .. } => gateway.hold_user(cli, &who, reason).await,
        UserCommand::Unhold(_) => gateway.unhold_user(cli, &who).await,
        UserCommand::SetAdmin { revoke: false, .. } => gateway.make_administrator(cli, &who).await,
        UserCommand::SetAdmin { revoke: true, .. } => gateway.unmake_administrator(cli, &who).await,
        UserCommand::Create { .. }
        | UserCommand::List { .. }
        | UserCommand::Show(_)
        | UserCommand::Purge { .. } => gateway.user_named(&who).await,
    };
    show::outcome(&changed.map_err(Failure::new)?, one.format)
}

async fn create(gateway: &Gateway, command: &UserCommand, format: Format) -> Result<(), Failure> {
    let UserCommand::Create {
        email,
        user_name,
        given_name,
        family_name,
        admin,
        skip_email: _,
        format: _,
    } = command
    else {
        return Ok(());
    };
    let new = NewPerson {
        email: email.clone(),
        user_name: user_name.clone(),
        given_name: given_name.clone(),
        family_name: family_name.clone(),
        administrator: *admin,
    };
    let made = gateway.create_user(Actor::Cli, &new).await;
    let made = made.map_err(Failure::new)?;
    if !(made.is_new || format.json) {
        output::complain("there is such a user already, and none was made");
    }
    show::made(&made, format)
}

/// Page by page, so that a million users need no more memory than some. With `--json`, a line each.
async fn list(gateway: &Gateway, filter: Option<&str>, format: Format) -> Result<(), Failure> {
    let mut start = 1;
    loop {
        let users = gateway.users(filter, start).await.map_err(Failure::new)?;
        if users.is_empty() && start > 1 {
            return Ok(());
        }
        print(&users, format)?;
        if users.is_empty() {
            return Ok(());
        }
        start += users.len() as u64;
    }
}

async fn list_deleted(
    gateway: &Gateway,
    filter: Option<&str>,
    format: Format,
) -> Result<(), Failure> {
    let (mut after, mut any) = (None, false);
    loop {
        let page = gateway.deleted_users(filter, after).await;
        let page = page.map_err(Failure::new)?;
        if !page.users.is_empty() || (page.next.is_none() && !any) {
            print(&page.users, format)?;
            any = true;
        }
        after = page.next;
        if after.is_none() {
            return Ok(());
        }
    }
}

fn print(users: &[User], format: Format) -> Result<(), Failure> {
    output::print(&if format.json {
        show::lines(users)
    } else {
        show::rows(users)
    })
}

fn who(person: &Person) -> Result<Who, Failure> {
    let Person { email, user, id } = person;
    let named = email.clone().map(Who::Email);
    let named = named
        .or_else(|| user.clone().map(Who::Name))
        .or_else(|| id.clone().map(Who::Id));
    named.ok_or_else(|| Failure::new("name a person with --email, --user or --id"))
}
