import { Encrypter } from 'age-encryption';
import type { Problem } from '../text/problem.ts';

/**
 * Checks the recipients of a split.
 *
 * @returns what is wrong with them, by their position, which never quotes one: an identity may be there by mistake
 */
export async function recipientProblems(recipients: readonly string[]): Promise<readonly Problem[]> {
  const problems: Problem[] = [];
  for (const [index, recipient] of recipients.entries()) {
    const earlier = recipients.indexOf(recipient);
    const problem =
      earlier < index
        ? { message: `is the same as recipient ${earlier + 1}`, hint: 'name each custodian once' }
        : await recipientProblem(recipient);
    if (problem !== null) problems.push({ ...problem, message: `--to: recipient ${index + 1} ${problem.message}` });
  }
  return problems;
}

const ONLY_NATIVE =
  'give the custodian an identity of age-keygen for now; age alone can then encrypt the share again: age -d -i me.txt FILE | age -r RECIPIENT';

async function recipientProblem(recipient: string): Promise<Problem | null> {
  if (/^age-(secret-key|plugin)-/iu.test(recipient))
    return {
      message: 'is an identity, and may be secret',
      hint: 'age-keygen -y FILE prints its recipient, which begins with age1',
    };
  if (/^(ssh-|ecdsa-|sk-)/u.test(recipient))
    return { message: 'is an SSH key, which this tool cannot encrypt to', hint: ONLY_NATIVE };
  // The last 1 ends the human-readable part of Bech32 (BIP 173): that of a plugin, or of another kind of key, is age1NAME.
  if (/^age1[a-z0-9-]*1/u.test(recipient))
    return { message: 'needs a plugin, or is of a kind that this tool cannot encrypt to', hint: ONLY_NATIVE };
  if (await accepts(recipient)) return null;
  const hint = 'copy it as age-keygen prints it behind "Public key": age1 and 58 other characters';
  return { message: 'is not a recipient of age', hint };
}

async function accepts(recipient: string): Promise<boolean> {
  try {
    const encrypter = new Encrypter();
    encrypter.addRecipient(recipient);
    // A point of low order is found only now: nothing can be encrypted to it.
    await encrypter.encrypt('');
    return true;
  } catch {
    return false;
  }
}
