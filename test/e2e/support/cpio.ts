// Writes a cpio archive in the "newc" format, the one the Linux kernel unpacks as its initial file system
// (Documentation/driver-api/early-userspace/buffer-format.rst). Enough for directories, files and symbolic links.

const DIRECTORY = 0o040755
const SYMLINK = 0o120777
const REGULAR = 0o100000
const TRAILER = 'TRAILER!!!'

interface Entry {
  path: string
  mode: number
  content: Uint8Array
}

export class CpioArchive {
  private readonly entries = new Map<string, Entry>()

  file(path: string, content: Uint8Array | string, permissions = 0o755): void {
    this.add(path, REGULAR | permissions, typeof content === 'string' ? Buffer.from(content) : content)
  }

  symlink(path: string, target: string): void {
    this.add(path, SYMLINK, Buffer.from(target))
  }

  directory(path: string): void {
    if (path === '' || this.entries.has(path)) return
    this.makeParent(path)
    this.entries.set(path, { path, mode: DIRECTORY, content: new Uint8Array(0) })
  }

  toBuffer(): Buffer {
    const parts: Uint8Array[] = []
    let inode = 1
    for (const entry of this.entries.values()) parts.push(...member(entry, inode++))
    parts.push(...member({ path: TRAILER, mode: 0, content: new Uint8Array(0) }, 0))
    return Buffer.concat(parts)
  }

  private add(path: string, mode: number, content: Uint8Array): void {
    const relative = path.replace(/^\/+/, '')
    this.makeParent(relative)
    this.entries.set(relative, { path: relative, mode, content })
  }

  private makeParent(path: string): void {
    const slash = path.lastIndexOf('/')
    if (slash > 0) this.directory(path.slice(0, slash))
  }
}

function member({ path, mode, content }: Entry, inode: number): Uint8Array[] {
  const name = Buffer.from(`${path}\0`)
  const links = mode === DIRECTORY ? 2 : 1
  // ino, mode, uid, gid, nlink, mtime, filesize, devmajor, devminor, rdevmajor, rdevminor, namesize, check
  const fields = [inode, mode, 0, 0, links, 0, content.length, 0, 0, 0, 0, name.length, 0]
  const header = Buffer.from(`070701${fields.map((value) => value.toString(16).padStart(8, '0')).join('')}`)
  return [header, name, padding(header.length + name.length), content, padding(content.length)]
}

function padding(length: number): Uint8Array {
  return new Uint8Array(-length & 3)
}
