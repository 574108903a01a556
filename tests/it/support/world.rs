//! A gateway with something in it, and the proof that a refused request left it as it was.

use serde_json::{Value, json};

use super::client::{Client, Reply};
use super::fixture::{Fixture, Setup};

/// A user, another user, and a group that has the first as its member.
pub struct World {
    pub fixture: Fixture,
    pub client: Client,
    pub user: String,
    pub other: String,
    pub group: String,
}

impl World {
    pub fn new(setup: Setup) -> Self {
        let fixture = Fixture::with(setup);
        let client = fixture.client();
        let made = |path: &str, body: &Value| client.post(path, body).expect(201).id();
        let [user, other] = ["ada", "grace"].map(|name| made("/Users", &user(name)));
        let members = json!([{ "value": user, "display": "Ada" }]);
        let group = made("/Groups", &group("Engineering", &members));
        Self {
            fixture,
            client,
            user,
            other,
            group,
        }
    }

    /// In profile `rfc`, where nothing is corrected.
    pub fn strict() -> Self {
        Self::new(Setup {
            profile: "rfc",
            ..Setup::default()
        })
    }

    /// The paths of the user and of the group.
    pub fn items(&self) -> [String; 2] {
        [
            format!("/Users/{}", self.user),
            format!("/Groups/{}", self.group),
        ]
    }

    /// Everything a client can read, with versions and times.
    pub fn seen(&self) -> [Value; 2] {
        ["/Users", "/Groups"].map(|path| self.client.get(path).expect(200).json())
    }

    /// Makes sure that what `attempt` does leaves no trace.
    #[track_caller]
    pub fn unchanged_by(&self, what: &str, attempt: impl FnOnce(&Client) -> Reply) -> Reply {
        let before = self.seen();
        let reply = attempt(&self.client);
        assert_eq!(self.seen(), before, "{what}: {}", reply.text());
        reply
    }
}

/// The least user there is.
pub fn user(name: &str) -> Value {
    json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": name })
}

/// A group with these members.
pub fn group(name: &str, members: &Value) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
        "displayName": name,
        "members": members,
    })
}
