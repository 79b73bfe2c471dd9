-- Who at the OpenID Connect provider an account belongs to, hashed with SHA-256; empty until somebody came from there.
ALTER TABLE account ADD COLUMN provider BLOB;
CREATE UNIQUE INDEX account_of_provider ON account (provider);

-- By what a session was opened.
ALTER TABLE session ADD COLUMN opened_by TEXT NOT NULL DEFAULT 'password'
    CHECK (opened_by IN ('password', 'provider', 'provider-two-factors'));
