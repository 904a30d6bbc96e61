//! One connection, and the statements that it has prepared.

use rusqlite::{Connection, Params, Row, Statement, Transaction, TransactionBehavior};

use super::errors::Failed;

/// More than the stores have; statements of which there are many make room for one another.
const MOST_STATEMENTS: usize = 64;

pub(super) struct Prepared<'c> {
    connection: &'c Connection,
    /// By their text. There are few, and those of one length fewer: that is found without a digest of it.
    statements: Vec<(String, Statement<'c>)>,
}

impl<'c> Prepared<'c> {
    pub(super) fn new(connection: &'c Connection) -> Self {
        Self { connection, statements: Vec::new() }
    }

    fn statement(&mut self, sql: &str) -> Result<&mut Statement<'c>, Failed> {
        let place = match self.statements.iter().position(|(text, _)| text == sql) {
            Some(place) => place,
            None => {
                let statement = self.connection.prepare(sql)?;
                if self.statements.len() >= MOST_STATEMENTS {
                    self.statements.clear();
                }
                self.statements.push((sql.to_owned(), statement));
                self.statements.len() - 1
            }
        };
        self.statements.get_mut(place).map(|(_, statement)| statement).ok_or(Failed::Lost)
    }

    /// Statements that are done once, and not kept.
    pub(super) fn once(&mut self, sql: &str) -> Result<(), Failed> {
        Ok(self.connection.execute_batch(sql)?)
    }

    /// How many rows it changed.
    pub(super) fn execute(&mut self, sql: &str, parameters: impl Params) -> Result<usize, Failed> {
        Ok(self.statement(sql)?.execute(parameters)?)
    }

    /// The first row, if there is one.
    pub(super) fn first<T>(
        &mut self,
        sql: &str,
        parameters: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, Failed> {
        let mut rows = self.statement(sql)?.query(parameters)?;
        Ok(rows.next()?.map(read).transpose()?)
    }

    pub(super) fn all<T>(
        &mut self,
        sql: &str,
        parameters: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, Failed> {
        let rows = self.statement(sql)?.query_map(parameters, read)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// All of the work or, where it fails, nothing of it. It will write, and therefore waits for whoever writes before it
    /// reads.
    pub(super) fn transaction<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T, Failed>) -> Result<T, Failed> {
        let transaction = Transaction::new_unchecked(self.connection, TransactionBehavior::Immediate)?;
        let outcome = work(self)?;
        transaction.commit()?;
        Ok(outcome)
    }
}
