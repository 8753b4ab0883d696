local editors = require('support.editor')
local watchers = require('support.watcher')

local COLUMNS = 120
--- So many rows that the whole text has room, and so few that it scrolls.
local TALL, LOW = 160, 40
local FRAMES = 100

--- A rectangle of the screen: each row as text, and as text with its colours.
local function rows_of(watcher, area)
  local found = {}
  for row = area.top, area.bottom do
    local text, looks = {}, {}
    for column = area.left, area.right do
      local cell = watcher.grid[row][column]
      text[#text + 1] = cell.text
      looks[#looks + 1] = ('%s:%d'):format(cell.text, cell.look)
    end
    found[#found + 1] = { text = vim.trim(table.concat(text)), exact = table.concat(looks) }
  end
  return found
end

--- What is above the paragraph that is being written.
local function finished(rows)
  local last = #rows
  while last > 0 and rows[last].text == '' do
    last = last - 1
  end
  -- That is the spinner; above it is what is being written.
  last = last - 1
  while last > 0 and rows[last].text == '' do
    last = last - 1
  end
  while last > 0 and rows[last].text ~= '' do
    last = last - 1
  end
  return vim.list_slice(rows, 1, last)
end

---@return boolean
local function is_same(before, now, by)
  for row = by + 1, #before do
    if now[row - by].exact ~= before[row].exact then
      return false
    end
  end
  return true
end

--- By how many rows a text has moved up; as many as it has where nothing of it is left.
local function moved(before, now)
  local by = 0
  while not is_same(before, now, by) do
    by = by + 1
  end
  return by
end

local function as_text(rows)
  return table.concat(
    vim.tbl_map(function(row)
      return row.text
    end, rows),
    '\n'
  )
end

describe('while Claude writes', function()
  local editor, watcher

  after_each(function()
    watcher:close()
    editors.stop_all()
  end)

  --- An editor with a file, in which the cursor is, and a chat.
  local function start(rows)
    editor = editors.start({ plugin = { cmd = editors.paced() } })
    editor:cmd('edit ' .. editor:file('notes.md', { '# Notes', '', 'one', 'two' }))
    editor:say('Hello')
    editor:cmd('normal! 3G')
    watcher = watchers.attach(editor, COLUMNS, rows)
    editor:cmd('Claude pace 4000 100')
    editor:sees('A heading')
  end

  --- Where the chat's text is on the screen.
  local function area()
    return editor:lua([[
      local window = vim.fn.bufwinid(test.chat().buf)
      local row, column = unpack(vim.api.nvim_win_get_position(window))
      return {
        top = row + 2, bottom = row + vim.api.nvim_win_get_height(window),
        left = column + 1, right = column + vim.api.nvim_win_get_width(window),
      }
    ]])
  end

  --- Looks at so many frames, and at what becomes in each one of what was finished in the one before.
  ---@param check fun(before: table[], now: table[], place: table)
  local function each_frame(check)
    local place, clears, cursor = area(), watcher.clears, watcher.cursor
    local before, frames, cursors = {}, 0, {}
    watcher:await(function()
      local now = rows_of(watcher, place)
      check(before, now, place)
      before = finished(now)
      cursors[table.concat(watcher.cursor, ',')] = true
      frames = frames + 1
      return frames == FRAMES
    end)
    assert.equal(clears, watcher.clears)
    assert.same({ [table.concat(cursor, ',')] = true }, cursors)
  end

  it('nothing that is written changes, moves or is drawn again, and the cursor stays', function()
    start(TALL)
    local changed, drawn = {}, {}
    each_frame(function(before, now, place)
      if moved(before, now) > 0 then
        table.insert(changed, as_text(before) .. '\n--- became ---\n' .. as_text(now))
      end
      for row in ipairs(before) do
        local column = watcher.drawn[place.top + row - 1]
        if column and column >= place.left then
          table.insert(drawn, before[row].text)
        end
      end
    end)
    assert.same({}, changed)
    assert.same({}, drawn)
    assert.is_true(#finished(rows_of(watcher, area())) > 20, 'there was something to change')
  end)

  it('what is written moves up by as much as comes, and does nothing else', function()
    start(LOW)
    local lost, compared = 0, 0
    each_frame(function(before, now)
      compared = compared + (#before > 5 and 1 or 0)
      lost = lost + (#before > 5 and moved(before, now) == #before and 1 or 0)
    end)
    assert.is_true(compared > FRAMES / 4, ('%d frames of %d had a finished part'):format(compared, FRAMES))
    assert.is_true(lost * 5 < compared, ('%d of %d were not what they were'):format(lost, compared))
  end)
end)
