import GRDB

extension SQLiteStore {
    /// The tables, as they came. What is here is never changed, only added to.
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 contexts") { database in
            try database.create(table: "context") { table in
                table.primaryKey("call", .text)
                table.column("startedAt", .integer).notNull()
                table.column("caller", .text).notNull()
                table.column("called", .text).notNull()
                table.column("agent", .text).notNull()
                table.column("outcome", .text)
                table.column("duration", .double)
                table.column("json", .blob).notNull()
            }
            try database.create(indexOn: "context", columns: ["startedAt"])
        }
        migrator.registerMigration("2 facts") { database in
            try database.create(indexOn: "context", columns: ["caller"])
            try database.create(table: "fact") { table in
                table.autoIncrementedPrimaryKey("position")
                table.column("call", .text).notNull()
                table.column("json", .blob).notNull()
            }
            try database.create(indexOn: "fact", columns: ["call"])
        }
        migrator.registerMigration("3 outbox") { database in
            try database.create(table: "outbox") { table in
                table.autoIncrementedPrimaryKey("id")
                table.column("connector", .text).notNull()
                table.column("call", .text).notNull()
                table.column("moment", .text).notNull()
                table.column("key", .text).notNull()
                table.column("state", .text).notNull()
                table.column("attempts", .integer).notNull().defaults(to: 0)
                table.column("ownFailures", .integer).notNull().defaults(to: 0)
                table.column("createdAt", .integer).notNull()
                table.column("dueAt", .integer).notNull()
                table.column("sentAt", .integer)
                table.column("reference", .text)
                table.column("problem", .text)
                table.column("duplicates", .integer).notNull().defaults(to: 0)
                table.column("claimedBy", .text)
                table.column("claimedUntil", .integer)
                table.uniqueKey(["connector", "key"])
            }
            try database.execute(
                sql: """
                    CREATE INDEX outbox_due ON outbox (connector, id) WHERE state = 'waiting';
                    CREATE INDEX outbox_order ON outbox (connector, call, id) WHERE state <> 'sent';
                    CREATE INDEX outbox_call ON outbox (call);
                    """)
        }
        migrator.registerMigration("4 recordings") { database in
            try database.create(table: "recording") { table in
                table.primaryKey("path", .text)
                table.column("call", .text).notNull()
                table.column("keptUntil", .integer)
                table.column("json", .blob).notNull()
            }
            try database.create(indexOn: "recording", columns: ["call"])
        }
        migrator.registerMigration("5 audit") { database in
            try database.create(table: "audit") { table in
                table.primaryKey("number", .integer)
                table.column("json", .blob).notNull()
                table.column("hash", .blob).notNull()
            }
            try database.execute(
                sql: """
                    CREATE TRIGGER audit_keeps BEFORE UPDATE ON audit
                    BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
                    CREATE TRIGGER audit_stays BEFORE DELETE ON audit
                    BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
                    """)
        }
        migrator.registerMigration("6 subscribers") { database in
            try database.create(table: "subscriber") { table in
                table.primaryKey("name", .text)
                table.column("position", .integer).notNull()
            }
        }
        migrator.registerMigration("7 dialogs") { database in
            try database.create(table: "dialog") { table in
                table.primaryKey("name", .text)
                table.column("call", .text).notNull()
                table.column("node", .text).notNull()
                table.column("json", .text).notNull()
            }
        }
        migrator.registerMigration("8 call-backs") { database in
            try database.create(table: "callback") { table in
                table.primaryKey("call", .text)
                table.column("node", .text).notNull()
                table.column("joinedAt", .integer).notNull()
                table.column("json", .text).notNull()
            }
        }
        migrator.registerMigration("9 claims of call-backs") { database in
            try database.alter(table: "callback") { table in
                table.add(column: "expiresAt", .integer).notNull().defaults(to: 0)
                table.add(column: "version", .integer).notNull().defaults(to: 0)
                table.add(column: "isUnderWay", .boolean).notNull().defaults(to: false)
            }
        }
        return migrator
    }
}
