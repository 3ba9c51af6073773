// What is wrong with the text of a column.

/** The message never has the text itself: messages go to logs, and one of the columns is a password. */
export class Problem {
  readonly message: string

  constructor(message: string) {
    this.message = message
  }
}
