local Stream = require('claude-bridge.chat.stream')

describe('events on their way into the buffer', function()
  local applied, stream

  --- What takes so long that a frame has no time for all of it.
  local function slowly(milliseconds)
    return function(event)
      table.insert(applied, event)
      local until_then = vim.uv.hrtime() + milliseconds * 1e6
      while vim.uv.hrtime() < until_then do
      end
    end
  end

  local function around(change)
    change()
  end

  before_each(function()
    applied = {}
  end)

  after_each(function()
    stream:close()
  end)

  it('all arrive, in order, also where others come while some wait', function()
    stream = Stream.new(slowly(2), around)
    for number = 1, 40 do
      stream:push({ kind = 'status', seq = number })
    end
    vim.wait(10000, function()
      return #applied >= 34
    end, 1)
    for number = 41, 60 do
      stream:push({ kind = 'status', seq = number })
    end
    assert.is_true(
      vim.wait(10000, function()
        return #applied == 60
      end, 5),
      ('%d of 60 arrived'):format(#applied)
    )
    for number, event in ipairs(applied) do
      assert.equal(number, event.seq)
    end
  end)

  it('are one where they are deltas of one text', function()
    stream = Stream.new(slowly(0), around)
    for index, word in ipairs({ 'a ', 'b ', 'c' }) do
      stream:push({ kind = 'textDelta', itemId = 'i', offset = (index - 1) * 2, text = word, seq = index })
    end
    stream:push({ kind = 'textDelta', itemId = 'other', offset = 0, text = 'd', seq = 4 })
    stream:flush()
    assert.same(
      { { 'a b c', 3 }, { 'd', 4 } },
      vim.tbl_map(function(event)
        return { event.text, event.seq }
      end, applied)
    )
  end)

  it('are gone with the chat', function()
    stream = Stream.new(slowly(0), around)
    stream:push({ kind = 'status', seq = 1 })
    stream:close()
    local later = {}
    stream = Stream.new(function(event)
      table.insert(later, event)
    end, around)
    stream:push({ kind = 'status', seq = 2 })
    assert.is_true(vim.wait(10000, function()
      return #later > 0
    end, 1))
    assert.same({}, applied)
  end)
end)
